/** Lines do not break within an amount; plain text gets ordinary blanks. */
const BLANK = '\u00a0'

/** 3.2 s, 41 s, 2 min 5 s, 1 h 4 min: as exact as people read it. */
export function seconds(amount: number): string {
  const value = Math.max(0, Number.isFinite(amount) ? amount : 0)
  if (value < 9.95) return `${value.toFixed(1)}${BLANK}s`
  const whole = Math.round(value)
  if (whole < 60) return `${whole}${BLANK}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}${BLANK}min${BLANK}${whole % 60}${BLANK}s`
  return `${Math.floor(whole / 3600)}${BLANK}h${BLANK}${Math.floor((whole % 3600) / 60)}${BLANK}min`
}

/** 208 MB, as registries count: thousands, three digits at most. */
export function bytes(amount: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = Math.max(0, Number.isFinite(amount) ? amount : 0)
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}${BLANK}${units[unit] ?? ''}`
}

/** 1 step, 2 steps. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`
}
