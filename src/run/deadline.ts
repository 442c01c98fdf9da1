/** Gives what work comes to, as long as all of it is done within so many seconds from now on. Throws `late` where it is not; the work goes on. */
export function withDeadline(seconds: number, late: string): <T>(work: Promise<T>) => Promise<T> {
  const over = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(late)), seconds * 1000).unref()
  })
  over.catch(() => {})
  return work => Promise.race([work, over])
}

/** Seconds that are left until a time, both in milliseconds since the epoch; one at least, in which what is asked may still be answered. */
export function secondsUntil(deadline: number, now: number): number {
  return Math.max(1, (deadline - now) / 1000)
}

/**
 * Seconds that so many bytes may be on their way to GitHub's cache or from there, at most until `deadline`, in milliseconds since the epoch as `now` is. A minute is for the
 * client's own retries; up to three are on the way at once, and no line is waited for that moves less than a megabyte in one second.
 */
export function transferSeconds(bytes: number, deadline: number, now: number): number {
  return Math.min(60 + 3 * (bytes / 1_000_000), secondsUntil(deadline, now))
}
