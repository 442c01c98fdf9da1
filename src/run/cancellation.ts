import type { Host, RunningProcess } from '../host'

/** Passes the runner's signals on to the docker processes under way. */
export interface Cancellation {
  readonly requested: () => boolean
  /** What the work comes to, or `instead` as soon as the job is cancelled: then nobody waits for the work. */
  orElse<T>(work: Promise<T>, instead: T): Promise<T>
  /** Has the process stopped by SIGINT when the job is cancelled while it runs. */
  watch(process: RunningProcess): RunningProcess
}

/** Listens for SIGINT and SIGTERM from now on: the action itself lives on and reports. */
export function watchCancellation(host: Host): Cancellation {
  let requested = false
  let stop = () => {}
  const stopped = new Promise<void>(resolve => (stop = resolve))
  const running = new Set<RunningProcess>()
  host.exec.onSignal(name => {
    if (!requested) host.log.warning(`The job was cancelled (${name}): the build is stopped, what it achieved is reported.`)
    requested = true
    stop()
    for (const process of running) process.signal('SIGINT')
  })
  return {
    requested: () => requested,
    orElse: (work, instead) => Promise.race([work, stopped.then(() => instead)]),
    watch(process) {
      running.add(process)
      const forget = () => void running.delete(process)
      process.result.then(forget, forget)
      if (requested) process.signal('SIGINT')
      return process
    }
  }
}
