import { finishedStages, newStageWatch } from '../explain/stages'
import type { StagesWanted } from '../explain/stages'
import type { Host } from '../host'
import { displayRef } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import { chooseImports } from '../plan/imports'
import { importedGhaIndexKeys } from '../plan/joined-cache'
import type { Materials } from '../fingerprint/seal'
import { stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import { knownWith } from './history'
import type { Known } from './history'
import type { Preparation } from './prepare'

/** Seconds the cache service has to say whether it has a ref. */
const askSeconds = 5

export interface ImportWatch {
  /** To be told of the progress of the build that imports. */
  onProgress(table: VertexTable): void
  /** Fulfilled when that build is to be stopped: its import is gone, and no stage has run to its end yet, which would be lost. */
  readonly gone: Promise<void>
  readonly isGone: () => boolean
}

/**
 * Watches a build whose import a record named: BuildKit imports nothing from a ref that GitHub's cache does not have any more, without a word (cache/remotecache/gha,
 * loadScope). So the service is asked once a step is about to run, and not at all where everything is cached.
 */
export function watchImport(host: Host, ref: CacheRef | undefined, stages: StagesWanted): ImportWatch {
  let isGone = false
  let stop = () => {}
  const gone = new Promise<void>(resolve => (stop = resolve))
  let isAsked = ref === undefined
  const ask = async (asked: CacheRef, table: VertexTable) => {
    isGone = (await isMissing(host, asked)) && finishedStages(newStageWatch(stages), table).length === 0
    if (isGone) stop()
  }
  return {
    gone,
    isGone: () => isGone,
    onProgress(table) {
      if (isAsked || !ref || !(table.fetchesBase || stepsRunHere(table).length > 0)) return
      isAsked = true
      void ask(ref, table)
    }
  }
}

/** What is known once the main import turned out to be gone: planned anew from the refs that GitHub's cache still has. Never throws. */
export async function planWithoutGone(
  host: Host,
  preparation: Preparation,
  { caches, imports }: Known,
  materials: Materials | undefined
): Promise<Known> {
  const missing = await Promise.all(caches.found.map(async found => found === imports.main || (await isMissing(host, found.ref))))
  const gone = caches.found.filter((_, index) => missing[index]).map(({ ref }) => displayRef(ref))
  host.log.info(`GitHub's cache no longer has ${gone.join(', ')}: the build was stopped, and is planned anew`)
  const left = { ...caches, found: caches.found.filter((_, index) => !missing[index]) }
  return knownWith(host, preparation, { caches: left, imports: chooseImports(preparation, left.found) }, materials)
}

/** Whether GitHub's cache has no list of a ref, in any scope that BuildKit reads. Where that cannot be known it is taken to be there. */
async function isMissing({ buildkitEntries, env }: Pick<Host, 'buildkitEntries' | 'env'>, ref: CacheRef): Promise<boolean> {
  const keys = importedGhaIndexKeys(ref.name, env['ACTIONS_RUNTIME_TOKEN'])
  if (ref.backend !== 'gha' || !buildkitEntries.available || keys.length === 0) return false
  const has = (key: string) => buildkitEntries.has(key, askSeconds).catch(() => true)
  return !(await Promise.all(keys.map(has))).includes(true)
}
