/** Rows of cells as lines whose columns stand under each other; the last column is as long as it likes. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => width(row[column] ?? ''))))
  return rows.map(row =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd()
  )
}

/** Characters, but for marks that take no room; names are ASCII, our own words nearly so. */
function width(cell: string): number {
  return [...cell.replace(/\p{M}/gu, '')].length
}
