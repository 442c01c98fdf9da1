import type { Host, RunningProcess } from '../host'

/** Passes the runner's signals on to the docker processes under way. */
export interface Cancellation {
  readonly requested: () => boolean
  /** Has the process stopped by SIGINT when the job is cancelled while it runs. */
  watch(process: RunningProcess): RunningProcess
}

/** Listens for SIGINT and SIGTERM from now on: the action itself lives on and reports. */
export function watchCancellation(host: Host): Cancellation {
  let requested = false
  const running = new Set<RunningProcess>()
  host.exec.onSignal(name => {
    if (!requested) host.log.warning(`The job was cancelled (${name}): the build is stopped, what it achieved is reported.`)
    requested = true
    for (const process of running) process.signal('SIGINT')
  })
  return {
    requested: () => requested,
    watch(process) {
      running.add(process)
      const forget = () => void running.delete(process)
      process.result.then(forget, forget)
      if (requested) process.signal('SIGINT')
      return process
    }
  }
}
