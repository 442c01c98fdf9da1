/** Gives what work comes to, as long as all of it is done within so many seconds from now on. Throws `late` where it is not; the work goes on. */
export function withDeadline(seconds: number, late: string): <T>(work: Promise<T>) => Promise<T> {
  const over = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(late)), seconds * 1000).unref()
  })
  over.catch(() => {})
  return work => Promise.race([work, over])
}
