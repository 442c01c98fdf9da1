import { parseVertexName } from './vertex-name'
import type { Vertex, VertexTable } from './vertices'

/** The steps that this very build ran: neither cached, nor shared with a build that had begun them before. */
export function stepsRunHere(table: VertexTable): readonly Vertex[] {
  return [...table.ranHere].filter(vertex => {
    const name = parseVertexName(vertex.name)
    // What an ADD downloads is a vertex of the same name, asked for again whenever its cache key is wanted.
    return name.kind === 'step' && !(name.keyword === 'ADD' && vertex.inputs.length === 0)
  })
}

/** Whether a cache is being imported: BuildKit looks up no step before that ends, and sets it no limit. */
export function isImporting(table: VertexTable): boolean {
  return [...table.vertices.values()].some(
    ({ name, started, completed }) =>
      started !== undefined && completed === undefined && parseVertexName(name).kind === 'importing'
  )
}

/** Whether a cache was imported, so that steps are looked up in it. */
export function hasImported(table: VertexTable): boolean {
  return [...table.vertices.values()].some(
    ({ name, completed, error }) => completed !== undefined && error === undefined && parseVertexName(name).kind === 'importing'
  )
}

/**
 * The vertex that the build failed of: what else has an error was stopped because of it, or is a cache that could not be read,
 * which never fails a build (BuildKit solver/llbsolver/bridge.go).
 */
export function firstFailure(table: VertexTable): Vertex | undefined {
  const failed = [...table.vertices.values()].filter(
    ({ name, error, canceled, done }) => error !== undefined && !canceled && !done && parseVertexName(name).kind !== 'importing'
  )
  return failed.reduce<Vertex | undefined>((first, next) => (first && endOf(first) <= endOf(next) ? first : next), undefined)
}

function endOf({ completed }: Vertex): number {
  return completed ?? Infinity
}
