/** Keeps a record while what it tells of still grows. */
export interface EarlyRecords<Item> {
  /** Has the record saved with this item too. */
  add(item: Item): void
  /** Waits for what is under way. */
  settle(): Promise<void>
}

/**
 * `save` is never called twice at once: what comes while it works is saved together afterwards. It is called for what a killed job
 * would lose; should it fail, nothing is lost as long as the job lives.
 */
export function newEarlyRecords<Item>(save: (items: readonly Item[]) => Promise<void>): EarlyRecords<Item> {
  const items: Item[] = []
  let recorded = 0
  let working: Promise<void> | undefined
  const work = async () => {
    while (recorded < items.length) {
      recorded = items.length
      await save([...items]).catch(() => undefined)
    }
    working = undefined
  }
  return {
    add(item) {
      items.push(item)
      working ??= work()
    },
    settle: () => working ?? Promise.resolve()
  }
}
