import type { Host, RunningProcess } from '../host'

/** Passes the runner's signals on to the docker processes under way. */
export interface Cancellation {
  readonly requested: () => boolean
  /** What the work comes to, or `instead` as soon as the job is cancelled: then nobody waits for the work. */
  orElse<T>(work: Promise<T>, instead: T): Promise<T>
  /** Has the process stopped by SIGINT when the job is cancelled while it runs. */
  watch(process: RunningProcess): RunningProcess
  /** The same cancellation as it looks so many seconds later, for what may go on that long. */
  later(seconds: number): Cancellation
  /** One that also comes when this promise is fulfilled. */
  also(stopped: Promise<void>): Cancellation
}

/** Listens for SIGINT and SIGTERM from now on: the action itself lives on and reports. */
export function watchCancellation(host: Host): Cancellation {
  let said = false
  return newCancellation(onSignal =>
    host.exec.onSignal(name => {
      if (!said) host.log.warning(`The job was cancelled (${name}): what is under way is stopped, what was achieved is reported.`)
      said = true
      onSignal()
    })
  )
}

function newCancellation(listen: (onSignal: () => void) => void): Cancellation {
  let requested = false
  let stop = () => {}
  const stopped = new Promise<void>(resolve => (stop = resolve))
  const running = new Set<RunningProcess>()
  const listeners: (() => void)[] = []
  listen(() => {
    requested = true
    stop()
    for (const process of running) process.signal('SIGINT')
    for (const listener of listeners) listener()
  })
  /** Tells of every signal, and of the one that came already. */
  const tell = (listener: () => void) => {
    listeners.push(listener)
    if (requested) listener()
  }
  return {
    requested: () => requested,
    orElse: (work, instead) => Promise.race([work, stopped.then(() => instead)]),
    watch(process) {
      running.add(process)
      const forget = () => void running.delete(process)
      process.result.then(forget, forget)
      if (requested) process.signal('SIGINT')
      return process
    },
    later: seconds => newCancellation(onSignal => tell(() => void setTimeout(onSignal, seconds * 1000).unref())),
    also: other =>
      newCancellation(onSignal => {
        tell(onSignal)
        void other.then(onSignal)
      })
  }
}
