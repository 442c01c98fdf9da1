import type { Backend } from '../reasons'
import type { ExportOutcome, TimedOutcome } from './export-build'

/** Exports to one backend that may fail one after the other: a service that is throttled or down is left alone then. */
const mostFailed = 2

/** Which backends still take exports of this job. */
export interface BackendHealth {
  /** What an export comes to that is not tried, since its backend refuses or was given up; undefined where it is to be tried. */
  outcomeOfNone(backend: Backend): Pick<ExportOutcome, 'exported' | 'detail'> | undefined
  /** Takes note of how an export ended; while somebody waits for exports, few are tried in vain. */
  note(outcome: TimedOutcome, isWaitedFor: boolean): void
}

/** `refusing` are backends known to refuse before anything was tried. */
export function newBackendHealth(refusing: readonly Backend[]): BackendHealth {
  const refused = new Set(refusing)
  /** With what was said of the last try. */
  const givenUp = new Map<Backend, string>()
  const failedInRow = new Map<Backend, number>()
  return {
    outcomeOfNone(backend) {
      if (refused.has(backend)) return { exported: 'not-allowed', detail: '' }
      const said = givenUp.get(backend)
      return said === undefined ? undefined : { exported: 'failed', detail: said }
    },
    note({ ref: { backend }, exported, timedOut, detail }, isWaitedFor) {
      const failed = exported === 'failed' ? (failedInRow.get(backend) ?? 0) + 1 : 0
      failedInRow.set(backend, failed)
      if (timedOut || (isWaitedFor && failed >= mostFailed)) givenUp.set(backend, detail)
      if (exported === 'not-allowed') refused.add(backend)
    }
  }
}
