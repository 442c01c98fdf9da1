import { messageOf } from '../errors'
import type { Host } from '../host'
import { displayRef, holdingStage } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import type { Joined } from '../joined'
import type { Backend } from '../reasons'
import { cacheTexts } from './cache-texts'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import type { BuiltImage } from './image'
import type { Preparation } from './prepare'

/** The target's ref as it was written anew with what a build that failed saved. */
export interface JoinedRef {
  readonly ref: CacheRef
  /** Of its manifest; gha has none. */
  readonly digest?: string
  /** The target's ref that it stands for from now on. */
  readonly replaces?: FoundRef
  /** Refs of stages that it holds besides: those brought in before the build, and those that this job wrote. */
  readonly broughtIn: readonly FoundRef[]
  readonly saved: readonly CacheRef[]
  readonly note: Joined
}

/**
 * After a build that failed: writes the target's ref anew in each backend, as one that holds what it held and the stages
 * that were saved since. The next build finds all of it with its one import, and has to bring nothing in. No layer is moved. What cannot be
 * joined costs the next build that, and nothing else: it is said in the log. Throws nothing.
 */
export async function joinRefs(
  host: Host,
  preparation: Pick<Preparation, 'plan' | 'inputs'>,
  caches: Pick<Caches, 'found' | 'lookedUp'>,
  outcomes: readonly ExportOutcome[],
  built: Pick<BuiltImage, 'run' | 'broughtIn' | 'failedImports'>,
  staging: string
): Promise<readonly JoinedRef[]> {
  const joined = await Promise.all(
    preparation.plan.backends.map(async backend => {
      const wanted = wantedJoin(host, backend, preparation, caches, outcomes, built)
      if (!wanted) return undefined
      const { ref, replaces, broughtIn, saved, note } = wanted
      try {
        const holds = [...broughtIn.map(found => found.ref), ...saved]
        const sources = [...(replaces ? [replaces.ref] : []), ...holds].map(source => ({ ref: source }))
        const own = replaces?.ref === ref ? replaces.id : undefined
        const digest = await cacheTexts[backend].writeJoined(host, sources, {
          ref,
          directory: staging,
          note,
          replaces: own ?? 'nothing'
        })
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
  { buildkitEntries }: Host,
  backend: Backend,
  { plan, inputs }: Pick<Preparation, 'plan' | 'inputs'>,
  { found, lookedUp }: Pick<Caches, 'found' | 'lookedUp'>,
  outcomes: readonly ExportOutcome[],
  built: Pick<BuiltImage, 'run' | 'broughtIn' | 'failedImports'>
): JoinedRef | undefined {
  const holder = holdingStage(plan)
  const ref = holder?.writes.find(write => write.backend === backend)
  const ours = outcomes.filter(outcome => outcome.ref.backend === backend)
  const saved = ours.filter(({ exported }) => exported === 'yes').map(outcome => outcome.ref)
  if (!ref || inputs.cacheMode === 'min' || !lookedUp.includes(backend) || built.run.exitCode === 0) return undefined
  if (saved.length === 0 || saved.includes(ref)) return undefined
  // What is left will be saved by the post step, and a backend that refuses one takes no other.
  if (ours.some(({ exported }) => exported === 'left' || exported === 'not-allowed')) return undefined
  const replaces = holder?.reads.flatMap(read => found.find(one => one.ref === read && read.backend === backend) ?? [])[0]
  const broughtIn = built.broughtIn.filter(one => one.ref.backend === backend && !saved.includes(one.ref))
  const names = [...broughtIn.map(one => one.ref), ...saved].map(({ stage }) => stage)
  if (replaces && built.failedImports.has(replaces.ref)) return undefined
  // More than one older content of a stage is not kept.
  if (names.some(name => replaces?.joined?.older.includes(name))) return undefined
  // BuildKit's entries of another scope have a name that this job's token does not tell.
  const all = [...(replaces ? [replaces] : []), ...broughtIn]
  if (backend === 'gha' && (!buildkitEntries.available || all.some(one => one.ref.scope !== ref.scope))) return undefined
  const andSaved = (known: readonly string[] = []) => [...new Set([...known, ...names])]
  const isWhole = replaces && !replaces.joined?.only
  const note: Joined = {
    older: replaces ? andSaved(replaces.joined?.older) : [],
    ...(isWhole ? {} : { only: andSaved(replaces?.joined?.only) })
  }
  return { ref, ...(replaces ? { replaces } : {}), broughtIn, saved, note }
}
