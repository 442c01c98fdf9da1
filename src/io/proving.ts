import type { RunningProcess } from '../host'

/**
 * Starts a program that may be no working one, and another in its place where it does not work: where it cannot be started, fails, or says nothing at all.
 * What fails for another reason fails twice. `note` is told what it turned out to be.
 */
export function startProving(
  start: () => RunningProcess,
  instead: () => RunningProcess,
  note: (works: boolean) => void
): RunningProcess {
  let current = start()
  let isStopped = false
  const again = () => {
    note(false)
    current = instead()
    return current.result
  }
  const result = current.result.then(
    ended => {
      const works = ended.exitCode === 0 && (ended.stdout !== '' || ended.stderr !== '')
      if (works) note(true)
      return works || isStopped || ended.timedOut ? ended : again()
    },
    (error: unknown) => {
      if (isStopped) throw error
      return again()
    }
  )
  return {
    result,
    signal(name) {
      isStopped = true
      current.signal(name)
    }
  }
}
