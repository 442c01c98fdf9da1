/** Gives what work comes to, as long as all of it is done within so many seconds from now on. Throws `late` where it is not; the work goes on. */
export function withDeadline(seconds: number, late: string): <T>(work: Promise<T>) => Promise<T> {
  const over = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(late)), seconds * 1000).unref()
  })
  over.catch(() => {})
  return work => Promise.race([work, over])
}

/** Seconds that so many bytes may be on their way to GitHub's cache or from there: no line is waited for that moves less than a megabyte in one. */
export function transferSeconds(bytes: number): number {
  return 30 + bytes / 1_000_000
}
