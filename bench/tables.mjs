// @ts-check
// Tables as Markdown and as text.

/** @param {readonly (readonly string[])[]} rows the first is the head @param {number} textColumns how many columns are no figures */
export function markdownTable([head = [], ...rows], textColumns) {
  const rule = head.map((_, column) => (column < textColumns ? '---' : '--:'))
  return [head, rule, ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

/** @param {readonly (readonly string[])[]} rows */
export function alignColumns(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  const isText = (/** @type {string} */ cell) => /^[a-z]/i.test(cell)
  return rows.map(row =>
    row
      .map((cell, column) => (isText(cell) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  )
}
