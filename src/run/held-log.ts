import type { Log } from '../host'

/** A log whose lines wait for those that belong before them. */
export interface HeldLog extends Log {
  /** Writes what has waited; what comes after that is written at once. */
  release(): void
}

/** Holds what is said to `log` until it is released. */
export function holdLog(log: Log): HeldLog {
  let waiting: (() => void)[] | undefined = []
  const say = (line: () => void) => (waiting ? void waiting.push(line) : line())
  return {
    info: text => say(() => log.info(text)),
    debug: text => say(() => log.debug(text)),
    warning: text => say(() => log.warning(text)),
    group: title => say(() => log.group(title)),
    endGroup: () => say(() => log.endGroup()),
    release() {
      for (const line of waiting ?? []) line()
      waiting = undefined
    }
  }
}
