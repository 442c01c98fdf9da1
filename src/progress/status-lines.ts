import type { SolveStatus } from './solve-status'

export type ProgressLine =
  | { readonly kind: 'status'; readonly status: SolveStatus }
  /** What buildx says in plain text: warnings, and at the end the error with the excerpt of the Dockerfile. */
  | { readonly kind: 'text'; readonly text: string }

/**
 * One line of buildx' stderr under `--progress=rawjson`.
 * Each status is one line of JSON whose keys are all optional, so `{}` is one too (BuildKit progressui/display.go, newRawJSONDisplay).
 * Text that only looks like JSON (a step's output quoted in an error) stays text.
 */
export function parseProgressLine(line: string): ProgressLine {
  if (!line.startsWith('{')) return { kind: 'text', text: line }
  try {
    const value: unknown = JSON.parse(line)
    if (isStatus(value)) return { kind: 'status', status: value }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return { kind: 'text', text: line }
}

/** For each list, the keys that every entry has. */
const lists: Readonly<Record<keyof SolveStatus, readonly string[]>> = {
  vertexes: ['digest'],
  statuses: ['id', 'vertex'],
  logs: ['vertex', 'data'],
  warnings: ['vertex']
}

function isStatus(value: unknown): value is SolveStatus {
  if (!isRecord(value)) return false
  return Object.entries(value).every(([key, entries]) => {
    const needed = Object.hasOwn(lists, key) ? lists[key as keyof SolveStatus] : undefined
    if (!needed) return false
    return (
      Array.isArray(entries) && entries.every(entry => isRecord(entry) && needed.every(name => typeof entry[name] === 'string'))
    )
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
