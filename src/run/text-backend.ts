import type { Host } from '../host'
import type { Joined } from '../joined'
import type { CacheRef } from '../plan/cache-plan'
import type { CacheTexts } from '../plan/joined-cache'

/** Seconds that reading or writing one text of a cache may take. */
export const requestSeconds = 10

export interface TextSource {
  readonly ref: CacheRef
  /** Of its manifest, where known: another job may write the same name meanwhile. */
  readonly digest?: string
}

/** What came of reading them. Never rejects. */
export type ReadTexts = CacheTexts | 'unread'

export interface TextTarget {
  readonly ref: CacheRef
  /** Directory that local exports of this job are written to. */
  readonly directory: string
  /** To be kept with it, where it holds what several builds saved. */
  readonly note?: Joined
  /** Digest of the manifest that its name has to stand for until now, or that there has to be none: another job's is not replaced. */
  readonly replaces?: string
}

/** What an export wrote, with its digest where known, and the texts of what its build imported. */
export interface Completion {
  readonly exported: TextSource
  readonly imported: readonly CacheTexts[]
  /** Directory that local exports of this job are written to. */
  readonly directory: string
}

/** What is done with the texts of caches, manifests and configs, and without their layers. */
export interface TextBackend {
  /** The texts of a ref that a build imports. Throws where one cannot be read. */
  readImported(host: Host, source: TextSource, directory: string): Promise<CacheTexts>
  /**
   * Writes a ref that holds what these refs of the same backend hold; no layer is moved. Gives the digest of its manifest, in gha of its list. Throws
   * where one cannot be read, or the ref not be written.
   */
  writeJoined(host: Host, sources: readonly TextSource[], target: TextTarget): Promise<string>
  /**
   * Writes the exported ref anew where it lacks what the imported one knows of the same steps (join-configs.ts). Gives its digest then.
   * Throws as `writeJoined`.
   */
  complete(host: Host, completion: Completion): Promise<string | undefined>
  /**
   * Writes a ref anew as it is, but for a note that it was, so that it is as young as one that was exported; absent where an export does that. `id` is what it was found as. Gives the
   * digest of its manifest; undefined where another job wrote it meanwhile, and nothing is left to do. Throws as `writeJoined`.
   */
  renew?(host: Host, ref: CacheRef, id: string | undefined): Promise<string | undefined>
}

/** Throws where a name stands for another manifest than it did. */
export function checkReplaced(name: string, expected = 'nothing', present = 'nothing'): void {
  if (present !== expected) throw new Error(`another job wrote ${name}`)
}
