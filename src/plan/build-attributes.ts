import { parse } from 'csv-parse/sync'
import { quoteField } from './cache-attrs'

/** Fields of one line of CSV, as outputs, attestations and caches are written; undefined where a quote is left open. */
export function parseFields(text: string): readonly string[] | undefined {
  try {
    const rows: string[][] = parse(text, { relax_quotes: true, relax_column_count: true, trim: true })
    return rows.flat()
  } catch {
    return undefined
  }
}

/** Whether an output goes to files: buildx refuses `--iidfile` beside `type=local` and `type=tar`. */
export function writesFiles(output: string): boolean {
  const fields = parseFields(output) ?? []
  // Without a type it is the path of a directory, or `-` for a tar archive (docker/buildx util/buildflags/export.go).
  if (fields.length === 1 && !output.trim().startsWith('type=')) return true
  return ['local', 'tar'].some(type => hasType(fields, type))
}

/** Whether an output sends the image to a registry; `type=registry` is `type=image,push=true` (same file of buildx). */
export function pushesImage(output: string): boolean {
  const fields = parseFields(output) ?? []
  const push = fields.map(field => /^\s*push\s*=\s*(.*)$/i.exec(field)?.[1]).findLast(value => value !== undefined)
  if (push !== undefined) return isTrue(push) && ['image', 'registry'].some(type => hasType(fields, type))
  return hasType(fields, 'registry')
}

/** Whether an output names no tag: the docker driver refuses it (docker/buildx build/opt.go). */
export function pushesByDigest(output: string): boolean {
  return (parseFields(output) ?? []).some(
    field => /^\s*push-by-digest\s*=/i.test(field) && isTrue(field.replace(/^[^=]*=/, '').trim())
  )
}

export function hasOutputType(type: string, output: string): boolean {
  return hasType(parseFields(output) ?? [], type)
}

export function hasAttestationType(type: string, attestation: string): boolean {
  return hasType(parseFields(attestation) ?? [], type)
}

/** `type=sbom,true` as `type=sbom,disabled=false`: the short forms that buildx knows for `--sbom` but not for `--attest`. */
export function formatAttestation(attestation: string): string {
  const fields = parseFields(attestation)
  if (fields === undefined) return attestation
  return fields.map(field => (isTrue(field) ? 'disabled=false' : isFalse(field) ? 'disabled=true' : quoteField(field))).join(',')
}

function hasType(fields: readonly string[], type: string): boolean {
  return fields.some(field => {
    const [key, value] = field.split('=').map(part => part.trim())
    return key?.toLowerCase() === 'type' && value === type
  })
}

/** Go's strconv.ParseBool, which buildx uses. */
const isTrue = (text: string) => /^(1|t|T|TRUE|true|True)$/.test(text)
const isFalse = (text: string) => /^(0|f|F|FALSE|false|False)$/.test(text)
