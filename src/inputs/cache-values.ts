import type { Inputs } from '../inputs'
import type { Backend } from '../reasons'
import { checkSize, parseCompression } from './checks'
import type { InputReader } from './reader'

/** Input `cache-backends`, each once, in the order written; empty is `auto`. */
export function readBackends(reader: InputReader): 'auto' | readonly Backend[] {
  const input = 'cache-backends'
  const items = [...new Set(reader.list(input, 'comma-list'))]
  const chosen = items.filter(item => backends.some(backend => backend === item)) as Backend[]
  for (const item of items) {
    if (item !== 'auto' && !chosen.some(backend => backend === item)) reader.unknown(input, item, ['auto', ...backends])
  }
  if (items.includes('auto') && items.length > 1) {
    reader.problem(input, items.join(', '), 'has auto beside others: write auto alone, or the backends you want')
  }
  return chosen.length === 0 ? 'auto' : chosen
}

/** `name` caches only that stage and others so named, `!name` leaves one out. Names of stages have no case. */
export function readStageChoice(reader: InputReader): Inputs['cacheStages'] {
  const input = 'cache-stages'
  const items = [...new Set(reader.list(input, 'comma-list').map(item => item.toLowerCase()))]
  const only = items.filter(item => !item.startsWith('!'))
  const leftOut = items.filter(item => item.startsWith('!')).map(item => item.slice(1).trim())
  for (const name of leftOut) {
    if (name === '') reader.problem(input, '!', 'has no name behind it: write one, as in !tests')
    else if (only.includes(name)) reader.problem(input, name, `is asked for and left out: write ${name} or !${name}`)
  }
  return { only, leftOut }
}

/** Input `cache-compression`; `auto` where it is empty or wrong. */
export function readCompression(reader: InputReader): Inputs['cacheCompression'] {
  const input = 'cache-compression'
  const value = reader.text(input)
  if (value === '' || value === 'auto') return 'auto'
  const compression = parseCompression(value)
  if (typeof compression !== 'string') return compression
  reader.problem(input, value, compression)
  return 'auto'
}

/** A boolean in any spelling YAML allows, or auto. */
export function readSwitch(reader: InputReader, input: string): 'auto' | 'true' | 'false' {
  const value = reader.text(input)
  if (/^(true|True|TRUE)$/.test(value)) return 'true'
  if (/^(false|False|FALSE)$/.test(value)) return 'false'
  return value === '' || value === 'auto' ? 'auto' : reader.oneOf(input, ['auto', 'true', 'false'])
}

/** A size in bytes: `512m` is 512 times 1024 times 1024, as docker has it. */
export function readBytes(reader: InputReader, input: string): number {
  const size = reader.checked(input, checkSize, '1g')
  const [, amount = '0', unit = ''] = /^([\d.]+) ?([kmgtp]?)/i.exec(size) ?? []
  return Math.floor(Number(amount) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '))
}

/** A number from 0 to 100; undefined where the input is empty. */
export function readPercent(reader: InputReader, input: string): number | undefined {
  const value = reader.text(input)
  if (value === '') return undefined
  const percent = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN
  if (percent <= 100) return percent
  reader.problem(input, value, 'is not a percentage: write a number from 0 to 100, such as 80')
  return undefined
}

/** A percentage of any height, or `off`: undefined. */
export function readGrowth(reader: InputReader, input: string): number | undefined {
  const value = reader.text(input) || '20'
  if (value === 'off') return undefined
  if (/^\d{1,6}(\.\d+)?$/.test(value)) return Number(value)
  reader.problem(input, value, 'is not a percentage: write a number, such as 20, or off')
  return undefined
}

const backends: readonly Backend[] = ['registry', 'gha', 'local']
