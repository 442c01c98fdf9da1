// @ts-check
/**
 * @typedef {object} Command
 * @property {string} name
 * @property {Record<string, string>} properties
 * @property {string} message
 */

/**
 * @typedef {object} Annotation
 * @property {'error' | 'warning' | 'notice'} level
 * @property {string} message
 * @property {string} [title]
 * @property {string} [file]
 * @property {number} [line]
 * @property {number} [endLine]
 */

/**
 * What the runner made of the log.
 * @typedef {object} Commands
 * @property {Annotation[]} annotations
 * @property {string[]} groups titles in order
 * @property {string[]} masks
 * @property {string[]} debug
 * @property {string} shown the log as people see it: commands rendered, masked values as ***
 * @property {Command[]} unknown commands no runner knows, and those it refuses since they went to files: somebody forged or misspelled them
 */

const silent = new Set(['add-matcher', 'remove-matcher', 'echo'])

/** @param {readonly string[]} lines @returns {Commands} */
export function readCommands(lines) {
  /** @type {Commands} */
  const result = { annotations: [], groups: [], masks: [], debug: [], shown: '', unknown: [] }
  /** @type {string[]} */
  const shown = []
  /** @type {string | undefined} */
  let resumeToken
  for (const line of lines) {
    const command = parseCommand(line)
    if (resumeToken !== undefined) {
      if (command?.name === resumeToken) resumeToken = undefined
      else shown.push(line)
      continue
    }
    if (!command) {
      shown.push(line)
      continue
    }
    const { name, properties, message } = command
    if (name === 'stop-commands') resumeToken = message
    else if (name === 'add-mask') result.masks.push(...maskValues(message))
    else if (name === 'debug') result.debug.push(message)
    else if (name === 'group' || name === 'endgroup') {
      if (name === 'group') result.groups.push(message)
      shown.push(`##[${name}]${message}`)
    } else if (name === 'error' || name === 'warning' || name === 'notice') {
      result.annotations.push({ level: name, message, ...placeOf(properties) })
      shown.push(`##[${name}]${message}`)
    } else if (!silent.has(name)) {
      result.unknown.push(command)
      shown.push(line)
    }
  }
  result.shown = result.masks.reduce((text, mask) => text.replaceAll(mask, '***'), shown.join('\n'))
  return result
}

/** @param {string} line @returns {Command | undefined} */
export function parseCommand(line) {
  const found = /^::([^\s:]+)(?:\s+([^:]*(?:%3A[^:]*)*))?::(.*)$/s.exec(line.trimStart())
  if (!found) return undefined
  const [, name = '', properties = '', message = ''] = found
  const pairs = properties.split(',').flatMap(pair => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at).trim(), unescapeProperty(pair.slice(at + 1))]] : []
  })
  return { name: name.toLowerCase(), properties: Object.fromEntries(pairs), message: unescapeData(message) }
}

const unescapeData = (/** @type {string} */ text) => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
const unescapeProperty = (/** @type {string} */ text) => unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))

/** The runner masks every line of a value by itself too. @param {string} value */
const maskValues = value =>
  [value, ...value.split(/\r?\n/)].filter((one, index, all) => one.trim() !== '' && all.indexOf(one) === index)

/** @param {Record<string, string>} properties */
function placeOf({ title, file, line, endLine }) {
  return {
    ...(title ? { title } : {}),
    ...(file ? { file } : {}),
    ...(line ? { line: Number(line) } : {}),
    ...(endLine ? { endLine: Number(endLine) } : {})
  }
}
