import { readdirSync, readFileSync } from 'node:fs'
import type { SolveStatus } from '../../src/progress/solve-status'
import { parseProgressLine, type ProgressLine } from '../../src/progress/status-lines'
import { applyStatus, newVertexTable, type VertexTable } from '../../src/progress/vertices'

const folder = '__tests__/fixtures/rawjson'

/** Every recorded build, as `case/build`. */
export const recordings = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.jsonl'))
  .map(path => path.replace(/\.jsonl$/, ''))
  .sort()

export function linesOf(recording: string): readonly ProgressLine[] {
  const text = readFileSync(`${folder}/${recording}.jsonl`, 'utf8')
  return text.replace(/\n$/, '').split('\n').map(parseProgressLine)
}

export function statusesOf(recording: string): readonly SolveStatus[] {
  return linesOf(recording).flatMap(line => (line.kind === 'status' ? [line.status] : []))
}

export function tableOf(statuses: readonly SolveStatus[]): VertexTable {
  const table = newVertexTable()
  for (const status of statuses) applyStatus(table, status)
  return table
}

/** Text that does not depend on the recording: digests and seeds are random. */
export function goldenPath(recording: string): string {
  return `${folder}/${recording}.log.txt`
}
