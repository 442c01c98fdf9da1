import type { StageResult } from '../explain/stage-result'
import type { Uncached } from '../plan/cache-plan'
import type { Backend, Degradation, Exported, FilesChanged, Imported, Reason, StageStatus } from '../reasons'
import { placeWords } from './places'
import { permissionWords } from './sentences-permissions'
import { mountTroubles, type Trouble } from './sentences-mounts'
import { lineWords, noStepsWords, savedAnewWords } from './sentences-stages'
import { failedStep, firstRun } from './tallies'
import { joinWords, words, type Words } from './words'

/** What a stage's status looks like and is called. */
export const statusWords: { readonly [status in StageStatus]: { readonly icon: string; readonly word: string } } = {
  hit: { icon: '✅', word: 'hit' },
  partial: { icon: '🟡', word: 'partial' },
  miss: { icon: '🔨', word: 'rebuilt' },
  failed: { icon: '❌', word: 'failed' },
  'not-run': { icon: '⏭️', word: 'not run' },
  unknown: { icon: '❔', word: 'unknown' }
}

/** How the saving of a ref ended, for the column "written to". */
export const exportedWords: { readonly [exported in Exported]: string } = {
  yes: 'saved',
  unchanged: 'unchanged',
  failed: 'failed',
  'not-allowed': 'not allowed',
  'not-asked': '–'
}

/** Whether a ref was read. */
export const importedWords: { readonly [imported in Imported]: string } = {
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

/** What trouble there was, for one stage or several of the same kind. */
export function troubleWords(trouble: Pick<Degradation, 'code' | 'backend'>, stages: Words): Words {
  return troubles[trouble.code].what(placeWords(trouble.backend), stages.length > 0 ? stages : words`a stage`)
}

/** What to do about it. */
export function remedyWords(trouble: Pick<Degradation, 'code' | 'backend' | 'why'>): Words {
  return troubles[trouble.code].remedy(trouble.backend, trouble.why)
}

const reasons: { readonly [code in Reason['code']]: (reason: Extract<Reason, { code: code }>) => Words } = {
  'file-changed': ({ files, count, line }) =>
    files.length > 0 ? fileWords(files, count - files.length) : words`files that line ${line ?? 0} reads changed`,
  'instruction-changed': ({ line }) => words`line ${line ?? 0} of the Dockerfile changed`,
  'base-image-changed': ({ from, to }) => words`base image moved from ${shortDigest(from)} to ${shortDigest(to)}`,
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
  'cache-absent': () => words`nothing saved for this stage yet`,
  'cache-unreachable': () => words`its cache could not be read`,
  'rebuild-requested': () => words`rebuild asked for`,
  'parent-rebuilt': ({ parent }) => words`${parent} was rebuilt`,
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

const troubles: { readonly [code in Degradation['code']]: Trouble } = {
  'lookup-failed': {
    what: place => words`Could not look up what is saved in ${place}`,
    remedy: backend => words`Steps may have run that did not have to. ${mayRead(backend)}`
  },
  'restore-failed': {
    what: place => words`Could not restore ${place}`,
    remedy: () => words`The build went on without it. ${service}`
  },
  'save-failed': {
    what: place => words`Could not save ${place}`,
    remedy: () =>
      words`The next build starts from what was saved before. Check that ${'cache-dir'} can be written and the disk is not full, and that the job reaches its cache service.`
  },
  'local-cache-broken': {
    what: place => words`Did not use ${place}: it was damaged`,
    remedy: () => words`Nothing to do: what is built is saved into a new one.`
  },
  'record-failed': {
    what: () => words`Could not read or write the record of what was saved`,
    remedy: () => words`The next build may find less than there is, or not know why it rebuilds. ${service}`
  },
  'export-failed': {
    what: (place, stages) => words`${stages}: built, but not saved to ${place}`,
    remedy: mayWrite
  },
  'export-left': {
    what: (place, stages) => words`${stages}: not yet saved to ${place} when the job was cancelled`,
    remedy: () => words`The post step goes on with it, and says what became of it.`
  },
  'export-ran-steps': {
    what: (place, stages) => words`${stages}: steps ran a second time while saving to ${place}`,
    remedy: () => words`This must not happen: please report it with the log of this job.`
  },
  'import-failed': {
    what: (place, stages) => words`Could not read the cache of ${stages} from ${place}`,
    remedy: backend => words`Steps may have run that did not have to. ${mayRead(backend)}`
  },
  'write-not-allowed': {
    what: place => words`This job may not write to ${place}`,
    remedy: (backend, why) => words`What was built is not saved there. ${permissionWords(backend, why)}`
  },
  'bring-in-failed': {
    what: (place, stages) => words`${stages}: newer in ${place} than the rest, but could not be read`,
    remedy: backend => words`What it would have saved was built again. ${mayRead(backend)}`
  },
  'cache-service-missing': {
    what: () => words`This job has no cache service of GitHub`,
    remedy: () => words`Use ${'cache-backends: registry'} with ${'cache-image'}, or a runner that offers the service.`
  },
  ...mountTroubles
}

const service = words`Check that the job reaches its cache service and that its space is not used up; often the next run is fine.`

function mayRead(backend: Backend | undefined): Words {
  if (backend === 'registry')
    return words`Check that the job logs in before this step and has ${'packages: read'}, or what the registry asks for.`
  if (backend === 'local') return words`Check that ${'cache-dir'} can be read and the disk is not full.`
  return service
}

function mayWrite(backend: Backend | undefined): Words {
  if (backend === 'registry') {
    return words`Check that the job logs in before this step and has ${'packages: write'}, or what the registry asks for; pull requests from forks never have it.`
  }
  if (backend === 'local') return words`Check that ${'cache-dir'} can be written and the disk is not full.`
  return words`${service} Pull requests from forks may only read.`
}
