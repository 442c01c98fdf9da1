/** Keeps a record of what a job that is killed would lose, while that still grows. */
export interface EarlyRecords {
  /** Has saved what there is to tell by now; done once that is saved, or could not be. */
  note(): Promise<void>
  /** Waits for what is under way. */
  settle(): Promise<void>
}

/**
 * `save` is never called twice at once: what comes while it works is saved together afterwards. It is called for what a killed job
 * would lose; should it fail, nothing is lost as long as the job lives.
 */
export function newEarlyRecords(save: () => Promise<void>): EarlyRecords {
  let current: Promise<void> | undefined
  let next: Promise<void> | undefined
  const begin = (): Promise<void> => {
    const saving = save()
      .catch(() => undefined)
      .then(() => {
        current = undefined
      })
    return (current = saving)
  }
  return {
    note() {
      if (!current && !next) return begin()
      return (next ??= (current ?? Promise.resolve()).then(() => {
        next = undefined
        return begin()
      }))
    },
    settle: () => next ?? current ?? Promise.resolve()
  }
}
