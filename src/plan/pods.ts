import type { NodeFacts } from './node-facts'

/**
 * Options of driver `kubernetes` with which every build of a job with the same context goes to the same pod, whichever that is: by chance each
 * build would get another, which has nothing of the one before (docker/buildx driver/kubernetes/podchooser). The last of two options counts.
 */
export function onOnePod(driver: string, options: readonly string[]): readonly string[] {
  return driver === 'kubernetes' && choosesPodsByChance(options) ? [...options, sticky] : options
}

/** Whether options of a driver, as given or as `docker buildx inspect` shows them, have each build go to a pod by chance. */
export function choosesPodsByChance(options: readonly string[]): boolean {
  return options.join().lastIndexOf('loadbalance=random') > options.join().lastIndexOf(sticky)
}

/** Whether a node is several pods, of which each build goes to the one that the path of its context leads to; buildx shows them under one name. */
export function hasSeveralPods({
  driver,
  nodes = []
}: {
  readonly driver: string
  readonly nodes?: readonly NodeFacts[]
}): boolean {
  return driver === 'kubernetes' && new Set(nodes.map(({ name }) => name)).size < nodes.length
}

const sticky = 'loadbalance=sticky'
