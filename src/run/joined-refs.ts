import { messageOf } from '../errors'
import type { Host } from '../host'
import { displayRef, holdingStage } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import type { Joined } from '../joined'
import type { Backend } from '../reasons'
import { writeJoined } from './cache-texts'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import type { BuiltImage } from './image'
import type { Preparation } from './prepare'

/** The target's ref as it was written anew from what a build that ended early saved. */
export interface JoinedRef {
  readonly ref: CacheRef
  /** Of its manifest; gha has none. */
  readonly digest?: string
  /** The target's ref that it stands for from now on. */
  readonly replaces?: FoundRef
  /** Refs of stages that it holds besides. */
  readonly holds: readonly CacheRef[]
  readonly note: Joined
}

/**
 * Where a build ended before its target was saved: writes the target's ref anew in each backend, as one that holds what it held and the stages
 * that were saved since. The next build finds all of it with its one import, and has to bring nothing in. No layer is moved. What cannot be
 * joined costs the next build that, and nothing else: it is said in the log. Throws nothing.
 */
export async function joinRefs(
  host: Host,
  preparation: Pick<Preparation, 'plan' | 'inputs'>,
  caches: Pick<Caches, 'found' | 'lookedUp'>,
  outcomes: readonly ExportOutcome[],
  built: Pick<BuiltImage, 'broughtIn' | 'failedImports'>,
  staging: string
): Promise<readonly JoinedRef[]> {
  const joined = await Promise.all(
    preparation.plan.backends.map(async backend => {
      const wanted = wantedJoin(host, backend, preparation, caches, outcomes, built)
      if (!wanted) return undefined
      const { ref, replaces, holds, note } = wanted
      try {
        const sources = [...(replaces ? [replaces.ref] : []), ...holds].map(source => ({ ref: source }))
        const digest = await writeJoined[backend](host, sources, { ref, directory: staging, note })
        host.log.info(`${displayRef(ref)} holds what was saved of ${holds.map(({ stage }) => stage).join(', ')}, too`)
        return { ...wanted, ...(digest === undefined ? {} : { digest }) }
      } catch (error) {
        host.log.info(`What was saved is left in refs of its own (${backend}): ${messageOf(error)}`)
        return undefined
      }
    })
  )
  return joined.filter(one => one !== undefined)
}

function wantedJoin(
  { buildkitIndexes }: Host,
  backend: Backend,
  { plan, inputs }: Pick<Preparation, 'plan' | 'inputs'>,
  { found, lookedUp }: Pick<Caches, 'found' | 'lookedUp'>,
  outcomes: readonly ExportOutcome[],
  { broughtIn, failedImports }: Pick<BuiltImage, 'broughtIn' | 'failedImports'>
): JoinedRef | undefined {
  const holder = holdingStage(plan)
  const ref = holder?.writes.find(write => write.backend === backend)
  const ours = outcomes.filter(outcome => outcome.ref.backend === backend)
  const saved = ours.filter(({ exported }) => exported === 'yes').map(outcome => outcome.ref)
  if (!ref || inputs.cacheMode === 'min' || !lookedUp.includes(backend)) return undefined
  if (saved.length === 0 || saved.includes(ref)) return undefined
  // What is left will be saved by the post step, and a backend that refuses one takes no other.
  if (ours.some(({ exported }) => exported === 'left' || exported === 'not-allowed')) return undefined
  const newest = holder?.reads.flatMap(
    read => found.find(candidate => candidate.ref === read && read.backend === backend) ?? []
  )[0]
  const replaces = newest && !failedImports.has(newest.ref) ? newest : undefined
  // BuildKit's entries of another scope have a name that this job's token does not tell.
  if (backend === 'gha' && (!buildkitIndexes.available || (replaces && replaces.ref !== ref))) return undefined
  const newer = broughtIn.map(brought => brought.ref).filter(brought => brought.backend === backend && !saved.includes(brought))
  const holds = [...newer, ...saved]
  const andSaved = (known: readonly string[] = []) => [...new Set([...known, ...holds.map(({ stage }) => stage)])]
  const isWhole = replaces && !replaces.joined?.only
  const note: Joined = {
    older: replaces ? andSaved(replaces.joined?.older) : [],
    ...(isWhole ? {} : { only: andSaved(replaces?.joined?.only) })
  }
  return { ref, ...(replaces ? { replaces } : {}), holds, note }
}
