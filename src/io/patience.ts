/** Seconds a service has to answer a question, and all that are asked until one is answered. */
export const answerSeconds = 15

/** Seconds after which a service that did not answer is asked again. */
const againSeconds = 60

/** What a timer may be early by, in milliseconds. */
const timerMs = 50

/** How long one service is waited for over all questions: one that hangs costs the time of one question, however many there are. */
export interface Patience {
  /**
   * Asks a question that is to be answered within so many seconds, at most `answerSeconds`; `work` is given the seconds that are left. Throws
   * what it throws, and without asking where the service has just left others unanswered.
   */
  ask<T>(seconds: number, work: (seconds: number, answered: () => void) => Promise<T>): Promise<T>
}

/** `now` in milliseconds. `work` calls `answered` for an answer to a part of it, and for one that comes late, too. */
export function newPatience(now: () => number): Patience {
  /** Of the oldest question, while none has been answered since. */
  let since: number | undefined
  const answered = () => {
    since = undefined
  }
  return {
    async ask(seconds, work) {
      const asked = now()
      if (since !== undefined && asked - since >= (answerSeconds + againSeconds) * 1000) since = undefined
      since ??= asked
      const left = answerSeconds - (asked - since) / 1000
      if (left <= 0) throw new Error(`not asked: it gave no answer within ${answerSeconds} s before`)
      const limit = Math.max(1, Math.floor(Math.min(seconds, left)))
      try {
        const answer = await work(limit, answered)
        answered()
        return answer
      } catch (error) {
        // A refusal is an answer, too. Timers may be early.
        if (now() - asked < limit * 1000 - timerMs) answered()
        throw error
      }
    }
  }
}
