import type { AdviceDetails, AdviceLevel, BuildFacts, Finding, Rule } from './advice'
import { aptUpdateApart } from './apt-updates'
import { unpinnedBase } from './base-images'
import { buildkitChecks } from './buildkit-checks'
import { aptCacheMount, noCacheMount } from './cache-mounts'
import { changingArgument } from './changing-arguments'
import { copiesEverything } from './context-copies'
import { defeatedCacheMount } from './defeated-mounts'
import { manifestPaths, sourceBeforeDependencies } from './dependency-order'
import { emulatedBuild } from './emulation'
import { ownerLayer } from './owner-layers'
import { readSource } from './source'
import { deadStage, onbuild, unnamedStage } from './stages'
import { unpinnedPackages } from './unpinned-packages'
import { unpinnedAdd, unpinnedDownload, unpinnedGit } from './unpinned-sources'

/** GitHub shows ten warnings and ten notices of a step. */
const mostAdvice = 10

/** Every rule there is. A new one does not compile without its words (report/advice-sentences). */
export const rules: { readonly [Name in keyof AdviceDetails]: Rule } = {
  'copies-everything': copiesEverything,
  'source-before-dependencies': sourceBeforeDependencies,
  'changing-argument': changingArgument,
  'emulated-build': emulatedBuild,
  'unpinned-base': unpinnedBase,
  'unpinned-add': unpinnedAdd,
  'unpinned-git': unpinnedGit,
  'unpinned-download': unpinnedDownload,
  'apt-update-apart': aptUpdateApart,
  'owner-layer': ownerLayer,
  'unnamed-stage': unnamedStage,
  onbuild,
  'defeated-cache-mount': defeatedCacheMount,
  'apt-cache-mount': aptCacheMount,
  'no-cache-mount': noCacheMount,
  'unpinned-packages': unpinnedPackages,
  'dead-stage': deadStage,
  'buildkit-check': buildkitChecks
}

/** Rules whose cost comes when something outside moves, not with each commit or build. */
const nowAndThen: ReadonlySet<string> = new Set<keyof AdviceDetails>([
  'unpinned-base',
  'unpinned-add',
  'unpinned-git',
  'unpinned-download',
  'apt-update-apart'
])

/**
 * What of the Dockerfile made this build slower or less sure than it need be: at most ten findings, warnings before notices, what cost
 * most seconds first, a quarter of them where that is only now and then. Stages that came from the cache whole give none.
 */
export function findAdvice(facts: BuildFacts): readonly Finding[] {
  const stages = readSource(facts.text, facts.dockerfile, facts.results)
  const weight: { readonly [level in AdviceLevel]: number } = { warning: 0, notice: 1 }
  const cost = ({ rule, seconds }: Finding) => (nowAndThen.has(rule) ? seconds / 4 : seconds)
  return Object.values(rules)
    .flatMap(rule => rule(stages, facts))
    .toSorted((a, b) => weight[a.level] - weight[b.level] || cost(b) - cost(a))
    .slice(0, mostAdvice)
}

/** Paths in the context whose text the rules want to know. */
export function filesToRead(facts: Pick<BuildFacts, 'text' | 'dockerfile' | 'results'>): readonly string[] {
  return [...new Set(manifestPaths(readSource(facts.text, facts.dockerfile, facts.results)))]
}
