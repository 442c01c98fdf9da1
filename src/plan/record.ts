/** What is remembered of refs that cannot be looked up: GitHub's cache tells nobody what BuildKit's entries hold. */
export interface CacheRecord {
  readonly version: 1
  readonly repository: string
  readonly refs: Readonly<Record<string, RecordedRef>>
}

export interface RecordedRef {
  /** Random, made anew by each export. */
  readonly id: string
  /** ISO time of the export. */
  readonly at: string
  /** Ids of the refs of the stages above, as they were at this export. */
  readonly held: Readonly<Record<string, string>>
}

/** Undefined for a text that is no record of this version or of another repository. */
export function parseRecord(text: string, repository: string): CacheRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<CacheRecord>
    if (record.version !== 1 || record.repository !== repository || typeof record.refs !== 'object' || record.refs === null)
      return undefined
    const refs = Object.entries(record.refs).filter(([, ref]) => isRecordedRef(ref))
    return { version: 1, repository, refs: Object.fromEntries(refs) }
  } catch {
    return undefined
  }
}

export function renderRecord(record: CacheRecord): string {
  return JSON.stringify(record)
}

function isRecordedRef(value: unknown): value is RecordedRef {
  const ref = value as Partial<RecordedRef> | null
  return typeof ref?.id === 'string' && typeof ref.at === 'string' && typeof ref.held === 'object' && ref.held !== null
}
