import { printableLine } from './log-lines'
import type { LogVertex } from './log-vertex'

/** A vertex that failed, and the end of what it wrote. */
export type FailedVertex = Pick<LogVertex, 'name' | 'tail'>

/** A longer line of output is cut. */
const longestTailLine = 2_000

/** Lines to print for one that failed; what is hidden in them is hidden before they are cut. */
export function renderFailed({ name, tail }: FailedVertex, hide = (text: string) => text): string[] {
  const lines = tail.map(line => printableLine(hide(line).slice(0, longestTailLine)))
  return ['------', ` > ${hide(name)}:`, ...lines, '------']
}
