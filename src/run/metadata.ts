/** `containerimage.digest` of buildx's metadata file; empty where there is none. */
export function parseDigest(metadata: string): string {
  try {
    return String((JSON.parse(metadata) as Record<string, unknown>)['containerimage.digest'] ?? '')
  } catch {
    return ''
  }
}
