import type { RefResult, StageResult } from '../explain/stage-result'
import type { Uncached } from '../plan/cache-plan'
import type { Exported, FilesChanged, Imported, Reason, StageStatus } from '../reasons'
import { lineWords, noStepsWords, savedAnewWords } from './sentences-stages'
import { failedStep, firstRun, stoppedStep } from './tallies'
import { joinWords, namesWords, words, type Words } from './words'

/** What a stage's status looks like and is called; one that was in the midst of a step when the build ended was stopped. */
export function statusWords(stage: Pick<StageResult, 'status' | 'steps'>): { readonly icon: string; readonly word: string } {
  return stage.status === 'not-run' && stoppedStep(stage) ? { icon: '⏹️', word: 'stopped' } : statuses[stage.status]
}

const statuses: { readonly [status in StageStatus]: { readonly icon: string; readonly word: string } } = {
  hit: { icon: '✅', word: 'hit' },
  partial: { icon: '🟡', word: 'partial' },
  miss: { icon: '🔨', word: 'rebuilt' },
  failed: { icon: '❌', word: 'failed' },
  'not-run': { icon: '⏭️', word: 'not run' },
  unknown: { icon: '❔', word: 'unknown' }
}

/** How the saving of a ref ended, for the column "written to". */
export function exportedWords({ exported, left }: Pick<RefResult, 'exported' | 'left'>): string {
  return left ? 'left to the post step' : exporteds[exported]
}

/** What became of a ref in this job. */
export function savedWords(ref: Pick<RefResult, 'exported' | 'left' | 'tookIn'>): Words {
  return ref.tookIn ? words`took in ${namesWords(ref.tookIn)}` : [exportedWords(ref)]
}

const exporteds: { readonly [exported in Exported]: string } = {
  yes: 'saved',
  unchanged: 'unchanged',
  failed: 'failed',
  'not-allowed': 'not allowed',
  'not-asked': '–'
}

/** Whether a ref was read, by itself or in another, of which a registry's is named by its tag alone. */
export function importedWords({ backend, imported, readIn }: Pick<RefResult, 'backend' | 'imported' | 'readIn'>): Words {
  if (readIn === undefined) return [importeds[imported]]
  return words`as part of ${backend === 'registry' ? readIn.slice(readIn.lastIndexOf(':') + 1) : readIn}`
}

const importeds: { readonly [imported in Imported]: string } = {
  yes: 'read',
  absent: 'nothing saved',
  failed: 'failed',
  'not-asked': '–'
}

/** Why a stage was not a hit. */
export function reasonWords(reason: Reason): Words {
  return (reasons[reason.code] as (reason: Reason) => Words)(reason)
}

/** What is expected of a stage before the build. */
export function expectedWords(expected: 'hit' | 'rebuild' | 'unknown', reason: Reason | undefined): Words {
  if (expected === 'hit') return words`expected: hit`
  const why = reason ? reasonWords(reason) : []
  if (expected === 'rebuild') return ['will rebuild', ...(why.length > 0 ? [': ', ...why] : [])]
  return reason?.code === 'parent-rebuilt' ? words`depends on what ${reason.parent} comes to` : words`not known`
}

/** Why the plan gives a stage no ref. */
export const uncachedWords: { readonly [uncached in Uncached]: string } = {
  'no-steps': 'no steps, nothing to cache',
  'left-out': 'left out by cache-stages',
  'no-target': 'cannot be built by itself'
}

/** What a stage's row says under "why": the step it failed at, else the reason, with the place where nothing better is known. */
export function whyWords(stage: StageResult): Words {
  const failed = failedStep(stage)
  if (failed) return words`failed at${lineWords(failed)}: ${failed.command}`
  const stopped = stoppedStep(stage)
  if (stage.status === 'not-run' && stopped)
    return words`stopped at${lineWords(stopped)}, when the build ended: ${stopped.command}`
  if (stage.status === 'not-run') return firstRun(stage) ? words`the build ended within it` : words`the build ended before it`
  if (stage.status === 'hit' && stage.steps.length === 0) return noStepsWords
  if (stage.status === 'hit') return savedAnewWords(stage)
  if (!stage.reason) return []
  const first = stage.reason.code === 'unknown' ? firstRun(stage) : undefined
  return first ? words`ran from${lineWords(first)} on: ${first.command}` : reasonWords(stage.reason)
}

/** Why a stage ran, beside the step that ran first. */
export function causeWords(stage: StageResult): Words {
  const { reason } = stage
  if (!reason) return []
  if (stage.status === 'failed' && failedStep(stage) === firstRun(stage)) return words`failed here`
  return reason.code === 'unknown' ? words`ran from here on` : reasonWords(reason)
}

const reasons: { readonly [code in Reason['code']]: (reason: Extract<Reason, { code: code }>) => Words } = {
  'file-changed': ({ files, count, line }) =>
    files.length > 0 ? fileWords(files, count - files.length) : words`files that line ${line ?? 0} reads changed`,
  'instruction-changed': ({ line }) => words`line ${line ?? 0} of the Dockerfile changed`,
  'base-image-changed': ({ image, from, to }) => [
    ...(image === undefined ? words`base image` : words`image ${image}`),
    ...words` moved from ${shortDigest(from)} to ${shortDigest(to)}`
  ],
  'build-arg-changed': ({ names }) => [
    names.length > 1 ? 'build arguments ' : 'build argument ',
    ...joinWords(
      names.map(name => words`${name}`),
      ', '
    ),
    ' changed'
  ],
  'cache-evicted': () => words`saved before, but gone from the cache`,
  'first-build': () => words`first build, nothing was saved yet`,
  'cache-absent': ({ begun }) => (begun ? words`no build has finished this stage yet` : words`nothing saved for this stage yet`),
  'cache-unreachable': () => words`its cache could not be read`,
  'rebuild-requested': () => words`rebuild asked for`,
  'parent-rebuilt': ({ parent, earlier }) =>
    earlier ? words`${parent} changed since this stage was saved` : words`${parent} was rebuilt`,
  unknown: () => words`cause not known`
}

/** `a, b changed, c appeared, d went, and 5 more`. */
function fileWords(files: FilesChanged['files'], more: number): Words {
  const groups = (['changed', 'appeared', 'went'] as const).flatMap(how => {
    const paths = files.filter(file => file.how === how).map(({ path }) => words`${path}`)
    return paths.length > 0 ? [[...joinWords(paths, ', '), ` ${how}`]] : []
  })
  return [...joinWords(groups, '; '), ...(more > 0 ? [`; and ${more} more`] : [])]
}

function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}
