/** What BuildKit keeps in GitHub's cache: layers, and the lists of steps and layers, each under a key with a growing number behind `#`. */
export interface BuildKitEntries {
  /** Whether the job's cache service is one that is spoken, and reached without a proxy. */
  readonly available: boolean
  /** Text of the newest list of a key, which is given without `#`; undefined where there is none. Throws when it cannot be had. */
  read(key: string, timeoutSeconds: number): Promise<string | undefined>
  /** Saves a newer list. Throws when the service does not take it. */
  write(key: string, text: string, timeoutSeconds: number): Promise<void>
  /** Whether there is a layer of this key. Throws when that cannot be known. */
  has(key: string, timeoutSeconds: number): Promise<boolean>
  /**
   * Saves a file as a layer, unless another job does: for so many seconds of patience, what another job began to save is waited for, and then saved
   * beside it. Throws when it is not there in the end.
   */
  save(key: string, path: string, patienceSeconds: number, timeoutSeconds: number): Promise<void>
}
