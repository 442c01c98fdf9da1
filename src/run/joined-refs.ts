import { messageOf } from '../errors'
import type { Host } from '../host'
import { displayRef } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import type { FoundRef } from '../plan/coverage'
import { planJoin, takenIn } from '../plan/joins'
import type { JoinFacts, JoinPlace } from '../plan/joins'
import type { Joined } from '../joined'
import { cacheTexts } from './cache-texts'
import type { Caches } from './caches'
import type { ExportOutcome } from './export-build'
import type { BuiltImage } from './image'
import type { Preparation } from './prepare'
import { announceRefs } from './recording'

/** The target's ref as it was written anew with what a build that failed saved. */
export interface JoinedRef {
  readonly ref: CacheRef
  /** Of its manifest, in gha of its list. */
  readonly digest: string
  /** The target's ref that it stands for from now on. */
  readonly replaces?: FoundRef
  /** Refs of stages that it holds besides: those brought in before the build, and those that this job wrote. */
  readonly broughtIn: readonly FoundRef[]
  readonly saved: readonly CacheRef[]
  /** And of stages of which it got a beginning done. */
  readonly begun: readonly CacheRef[]
  readonly note: Joined
}

/** What is known of what may be joined, once the build is over. */
export function joinFacts(
  { buildkitEntries }: Host,
  { inputs }: Pick<Preparation, 'inputs'>,
  { found, lookedUp }: Pick<Caches, 'found' | 'lookedUp'>,
  { broughtIn, failedImports }: Pick<BuiltImage, 'broughtIn' | 'failedImports'>
): JoinFacts {
  return { found, lookedUp, broughtIn, failedImports, cacheMode: inputs.cacheMode, speaksGha: buildkitEntries.available }
}

/**
 * After a build that failed: writes the target's ref anew in each backend, as one that holds what it held and what
 * was saved since. The next build finds all of it with its one import, and has to bring nothing in. No layer is moved. What cannot be
 * joined costs the next build that, and nothing else: it is said in the log. Throws nothing.
 */
export async function joinRefs(
  host: Host,
  preparation: Preparation,
  caches: Caches,
  outcomes: readonly ExportOutcome[],
  built: Pick<BuiltImage, 'run' | 'broughtIn' | 'failedImports'>,
  staging: string
): Promise<readonly JoinedRef[]> {
  if (built.run.exitCode === 0) return []
  const { plan } = preparation
  const facts = joinFacts(host, preparation, caches, built)
  const joined = await Promise.all(
    plan.backends.map(async backend => {
      const wanted = wantedJoin(planJoin(plan, backend, facts), outcomes)
      if (!wanted) return undefined
      const { ref, replaces, broughtIn, saved, begun, note } = wanted
      try {
        const holds = [...broughtIn.map(found => found.ref), ...saved, ...begun]
        const sources = [...(replaces ? [replaces.ref] : []), ...holds].map(source => ({ ref: source }))
        const own = replaces?.ref === ref ? replaces.id : undefined
        // Should the job be killed before it has recorded it, the next one looks into it.
        if (backend === 'gha') await announceRefs(host, preparation, caches, [ref]).catch(() => undefined)
        const digest = await cacheTexts[backend].writeJoined(host, sources, {
          ref,
          directory: staging,
          note,
          replaces: own ?? 'nothing'
        })
        host.log.info(`${displayRef(ref)} holds what was saved of ${holds.map(({ stage }) => stage).join(', ')}, too`)
        return { ...wanted, digest }
      } catch (error) {
        host.log.info(`What was saved is left in refs of its own (${backend}): ${messageOf(error)}`)
        return undefined
      }
    })
  )
  return joined.filter(one => one !== undefined)
}

function wantedJoin(place: JoinPlace | undefined, outcomes: readonly ExportOutcome[]): Omit<JoinedRef, 'digest'> | undefined {
  if (!place) return undefined
  const { ref, replaces } = place
  const ours = outcomes.filter(outcome => outcome.ref.backend === ref.backend)
  // What is left will be saved by the post step, and a backend that refuses one takes no other.
  if (ours.some(({ exported, beginning }) => !beginning && (exported === 'left' || exported === 'not-allowed'))) return undefined
  const written = ours.filter(({ exported }) => exported === 'yes')
  const saved = written.filter(({ beginning }) => !beginning).map(outcome => outcome.ref)
  const begun = written.filter(({ beginning }) => beginning).map(outcome => outcome.ref)
  const savedStages = saved.map(({ stage }) => stage)
  const broughtIn = takenIn(place, savedStages)
  if (!broughtIn || written.length === 0 || saved.includes(ref)) return undefined
  const names = [...broughtIn.map(one => one.ref.stage), ...savedStages]
  const isWhole = replaces && !replaces.joined?.only
  const note: Joined = {
    older: replaces ? [...(replaces.joined?.older ?? []), ...names] : [],
    ...(isWhole ? {} : { only: [...new Set([...(replaces?.joined?.only ?? []), ...names])] }),
    begun: [...(replaces?.joined?.begun ?? []), ...begun.map(({ stage }) => stage)]
  }
  return { ref, ...(replaces ? { replaces } : {}), broughtIn, saved, begun, note }
}
