import { parseVertexName } from '../progress/vertex-name'
import type { VertexTable } from '../progress/vertices'

/** The digests of images the build is FROM or reads, by their names, as the names of vertices tell them. */
export function imageDigests(table: VertexTable): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { name } of table.vertices.values()) {
    const parsed = parseVertexName(name)
    const [, reference, digest] = (parsed.kind === 'from' && /^(.+)@(sha256:[0-9a-f]{64})$/.exec(parsed.image)) || []
    if (reference !== undefined && digest !== undefined) found.set(reference, digest)
  }
  return found
}
