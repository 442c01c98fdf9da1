// @ts-check
/**
 * A GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV file: `name=value`, or `name<<end`, lines, `end`. Strict as the runner is.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function parseCommandFile(text) {
  /** @type {Record<string, string>} */
  const values = {}
  const lines = text.split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`)
      values[line.slice(0, equals)] = line.slice(equals + 1)
      continue
    }
    if (heredoc <= 0) throw new Error(`Invalid format '${line}'`)
    const end = line.slice(heredoc + 2)
    if (end === '') throw new Error(`Invalid format '${line}'. Delimiter must not be empty`)
    const last = lines.indexOf(end, at + 1)
    if (last < 0) throw new Error(`Invalid value. Matching delimiter not found '${end}'`)
    values[line.slice(0, heredoc)] = lines.slice(at + 1, last).join('\n')
    at = last
  }
  return values
}
