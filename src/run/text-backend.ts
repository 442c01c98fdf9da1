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

export interface TextTarget {
  readonly ref: CacheRef
  /** Directory that local exports of this job are written to. */
  readonly directory: string
  /** To be kept with it, where it holds what several builds saved. */
  readonly note?: Joined
  /** Digest of the manifest that its name has to stand for until now, or that there has to be none: another job's is not replaced. */
  readonly replaces?: string
}

/** What an export wrote, with the digest of its manifest but in gha, and the texts of what its build imported. */
export interface Completion {
  readonly exported: TextSource
  readonly imported: CacheTexts
  /** Directory that local exports of this job are written to. */
  readonly directory: string
}

/** What is done with the texts of caches, manifests and configs, and without their layers. */
export interface TextBackend {
  /** The texts of a ref that a build imports. Throws where one cannot be read. */
  readImported(host: Host, source: TextSource, directory: string): Promise<CacheTexts>
  /**
   * Writes a ref that holds what these refs of the same backend hold; no layer is moved. Gives the digest of its manifest; gha has none. Throws
   * where one cannot be read, or the ref not be written.
   */
  writeJoined(host: Host, sources: readonly TextSource[], target: TextTarget): Promise<string | undefined>
  /**
   * Writes the exported ref anew where it lacks what the imported one knows of the same steps (join-configs.ts). Gives the digest of its manifest then.
   * Throws as `writeJoined`.
   */
  complete(host: Host, completion: Completion): Promise<string | undefined>
}

/** Throws where a name stands for another manifest than it did. */
export function checkReplaced(name: string, expected = 'nothing', present = 'nothing'): void {
  if (present !== expected) throw new Error(`another job wrote ${name}`)
}
