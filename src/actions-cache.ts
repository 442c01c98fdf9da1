/** Files in GitHub's cache. */
export interface ActionsCache {
  /** Whether this job has a cache service. */
  readonly available: boolean
  /**
   * The key that was restored, or undefined where none matched. `mostFor` is told the key of what is going to be fetched, where that may take longer than an answer, and
   * gives the seconds it may take at most. Throws when the service cannot be used, or a call given up still uses the path.
   */
  restore(
    path: string,
    key: string,
    restoreKeys: readonly string[],
    timeoutSeconds: number,
    mostFor?: (key: string) => number
  ): Promise<string | undefined>
  /** As `restore`, and downloads nothing. */
  find(path: string, key: string, restoreKeys: readonly string[], timeoutSeconds: number): Promise<string | undefined>
  /** Throws when nothing was saved, as where a call that was given up still uses the path. */
  save(path: string, key: string, timeoutSeconds: number): Promise<void>
}

/** Texts in GitHub's cache, of which the newest under a name counts. */
export interface SavedTexts {
  /** Whether this job has a cache service. */
  readonly available: boolean
  /** The newest text under a name, which has no `#`, and its key; empty where it is damaged, undefined where there is none. Throws when it cannot be had. */
  newest(name: string, timeoutSeconds: number): Promise<{ readonly key: string; readonly text: string } | undefined>
  /** Its key alone. */
  newestKey(name: string, timeoutSeconds: number): Promise<string | undefined>
  /** Saves a newer one, and gives its key. Throws when the service does not take it. */
  save(name: string, text: string, timeoutSeconds: number): Promise<string>
}
