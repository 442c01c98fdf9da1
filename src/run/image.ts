import type { Host } from '../host'
import type { Degradation } from '../reasons'
import type { StageResult } from '../explain/stage-result'
import { explainStages } from '../explain/stages'
import { withStopped } from '../explain/stopped-build'
import { mainBuildArgv } from '../plan/argv'
import { stopBuilderArgv } from '../plan/builder'
import { displayRef } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { BroughtIn, ImportPlan } from '../plan/imports'
import { isLostContent, isLostStep } from '../plan/lost-content'
import { parseVertexName } from '../progress/vertex-name'
import { firstFailure, stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import { bringIn, importSeconds } from './bring-in'
import { runBuild } from './build'
import type { BuildRun } from './build'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { watchImport } from './gone-import'
import type { Preparation } from './prepare'

/** Seconds that stopping the builder may take. */
const stopSeconds = 60

export interface ImageRequest {
  readonly preparation: Preparation
  readonly builder: Builder
  readonly imports: ImportPlan
  /** Steps may have run before, against what was expected: then they are cached now, and in no ref. */
  readonly ranSteps?: boolean
  /** What this is done in place of: the same build, stopped since its import is gone. */
  readonly stopped?: Pick<BuiltImage, 'run' | 'results'> | undefined
  /** Called with what is known of the stages, whenever that changed. */
  readonly onProgress: (table: VertexTable) => void
  /** Called before the main build, for each ref that was brought in. */
  readonly onBroughtIn: (found: FoundRef) => void
  /** Called when the main import turned out not to be whole, or its backend gave no answer: nothing may import it any more. */
  readonly onImportLost: (why: 'lost' | 'no-answer') => void
}

export interface BuiltImage {
  readonly run: BuildRun
  /** `cancelled`: before it had come to its own end. */
  readonly outcome: 'success' | 'failure' | 'cancelled'
  readonly results: readonly StageResult[]
  /** What was brought in before the main build. */
  readonly broughtIn: readonly FoundRef[]
  /** When the build of each of them began, in milliseconds since the epoch, and the seconds it took. */
  readonly bringInTimes: ReadonlyMap<FoundRef, { readonly started: number; readonly seconds: number }>
  /** The main build was stopped before a stage was built, since GitHub's cache does not have its import any more: it is to be planned anew. */
  readonly importGone: boolean
  /** Refs that could not be imported. */
  readonly failedImports: ReadonlySet<CacheRef>
  /** Stages whose ref turned out to be of other content than this Dockerfile and context make. */
  readonly stale: ReadonlySet<string>
  readonly degradations: readonly Degradation[]
  readonly imageid: string
  /** Names of the steps that ran, in all builds that were needed for it. */
  readonly stepsRun: ReadonlySet<string>
  /** Text of the metadata file; empty when the build failed. */
  readonly metadata: string
}

/** Brings in what the main import lacks, one ref at a time, then runs the main build with its single import. */
export async function buildImage(host: Host, cancellation: Cancellation, request: ImageRequest): Promise<BuiltImage> {
  const { preparation, builder, imports } = request
  const { inputs, plan, dockerfile } = preparation
  const failedImports = new Set<CacheRef>()
  const stale = new Set<string>(request.ranSteps ? plan.stages.map(({ stage }) => stage.name) : [])
  const degradations: Degradation[] = []
  const broughtIn: FoundRef[] = []
  /** Of builds that were to bring a stage in, and ran a step of it. */
  const staleTables: VertexTable[] = []
  const bringInTimes = new Map<FoundRef, { readonly started: number; readonly seconds: number }>()
  const waiting: (FoundRef & Partial<BroughtIn>)[] = [...imports.broughtIn]
  const alsoWanted = new Set(imports.broughtIn.flatMap(({ also }) => also.map(({ ref }) => ref)))
  for (let found = waiting.shift(); found && !cancellation.requested(); found = waiting.shift()) {
    const { ref, instead = [], also = [] } = found
    if (!alsoWanted.has(ref) && broughtIn.some(done => found && covers(done, found))) continue
    const started = host.clock.now()
    const ended = await bringIn(host, cancellation, request, found)
    bringInTimes.set(found, { started, seconds: (host.clock.now() - started) / 1000 })
    if (ended === 'done') {
      broughtIn.push(found)
      request.onBroughtIn(found)
    }
    waiting.unshift(...(ended === 'done' ? also : instead))
    if (ended === 'done') continue
    if ('stale' in ended) {
      stale.add(ref.stage)
      staleTables.push(ended.stale)
    } else {
      failedImports.add(ref)
      degradations.push(ended)
    }
  }

  const directory = await host.files.makeTemporary('build-')
  const files = { metadataFile: `${directory}/metadata.json`, iidFile: `${directory}/iid` }
  const stages = { dockerfile, needed: plan.stages.map(({ stage }) => stage), platforms: plan.platforms }
  const resultsOf = (table: VertexTable, how: BuiltImage['outcome']) => explainStages({ ...stages, table, outcome: how })
  // What takes the place of a stopped build runs to its end.
  const watch = watchImport(host, request.stopped ? undefined : imports.main?.ref, stages)
  const unlessGone = cancellation.also(watch.gone)
  const build = (importRef: CacheRef | undefined) => {
    const attested = { run: preparation.attestedRun, ...builder }
    const main = { inputs, builder: builder.name, importRef, rebuildStages: preparation.rebuilt, attested, ...files }
    return runBuild(host, importRef ? unlessGone : cancellation, mainBuildArgv(main), {
      live: true,
      onProgress(table) {
        watch.onProgress(table)
        // The build that takes its place saves what this one still gets done.
        if (!watch.isGone()) request.onProgress(table)
      },
      ...(importRef ? { importSeconds } : {})
    })
  }
  /** Builds that this one was begun as before. */
  const stopped = request.stopped ? [request.stopped] : []
  let run = await build(imports.main?.ref)
  const failureNow = () => (run.exitCode === 0 || cancellation.requested() ? undefined : firstFailure(run.table))
  const failure = failureNow()
  if (failure?.error !== undefined && parseVertexName(failure.name).kind === 'step' && isLostStep(failure.error)) {
    host.log.info('BuildKit lost what a step had just made: building once more')
    stopped.push({ run, results: resultsOf(run.table, 'failure') })
    run = await build(imports.main?.ref)
  }
  const importGone = watch.isGone() && run.exitCode !== 0 && !cancellation.requested() && firstFailure(run.table) === undefined
  const failed = failureNow()?.error
  const lost = failed !== undefined && imports.main && isLostContent(failed, imports.main.blobs) ? failed : undefined
  const hung = run.importTimedOut && !cancellation.requested() ? `not read within ${importSeconds} s` : undefined
  const unread = imports.main && (hung ?? lost ?? importError(run.table, imports.main.ref))
  const broken = imports.main && (unread ?? loadError(run))
  if (imports.main && broken !== undefined) {
    // A layer that could not be loaded cost its step; the rest of the ref served.
    if (unread !== undefined) failedImports.add(imports.main.ref)
    degradations.push({ code: 'import-failed', backend: imports.main.ref.backend, stage: imports.main.ref.stage, detail: broken })
  }
  if (imports.main && (hung ?? lost) !== undefined) {
    host.log.info(`${displayRef(imports.main.ref)} ${hung ?? 'has lost content'}: building once more without it`)
    request.onImportLost(hung === undefined ? 'lost' : 'no-answer')
    // Whatever hits now, no ref is known to be whole.
    if (hung === undefined) for (const { stage } of plan.stages) stale.add(stage.name)
    else await freeBuilder(host, builder)
    const first = { run, results: resultsOf(run.table, 'failure') }
    run = await build(undefined)
    stopped.push(first)
  }
  const cutOff = cancellation.requested() && firstFailure(run.table) === undefined
  const outcome = run.exitCode === 0 ? 'success' : cutOff ? 'cancelled' : 'failure'
  const begunBefore = [...stopped.map(before => before.results), ...staleTables.map(table => resultsOf(table, 'failure'))]
  const results = begunBefore.reduce(withStopped, resultsOf(run.table, outcome))
  run = { ...run, seconds: stopped.reduce((sum, before) => sum + before.run.seconds, run.seconds) }
  const tables = [run, ...stopped.map(before => before.run)].map(({ table }) => table).concat(staleTables)
  const stepsRun = new Set(tables.flatMap(table => stepsRunHere(table).map(({ name }) => name)))
  const [imageid, metadata] = await Promise.all([host.files.read(files.iidFile), host.files.read(files.metadataFile)])
  const made = { imageid: imageid?.trim() ?? '', metadata: metadata ?? '' }
  return { run, outcome, results, broughtIn, bringInTimes, importGone, failedImports, stale, stepsRun, degradations, ...made }
}

/**
 * BuildKit cannot cancel an import that hangs, and serves no build meanwhile (solver/llbsolver/bridge.go resolves it under a context that nothing ends). A builder
 * of our own is stopped, and started again by the next build; another's is busy until the connection breaks.
 */
async function freeBuilder(host: Host, { name, created }: Builder): Promise<void> {
  if (created) await host.exec.start('docker', stopBuilderArgv(name), { timeoutSeconds: stopSeconds }).result
}

/** What a step of a build that succeeded failed of: its cached result could not be loaded, so it ran. */
function loadError({ exitCode, table }: BuildRun): string | undefined {
  if (exitCode !== 0) return undefined
  return [...table.vertices.values()].find(
    ({ name, ran, error }) => ran && error !== undefined && parseVertexName(name).kind === 'step'
  )?.error
}

/** What the vertex that imports a ref says went wrong; gha and local imports do not name their ref there. */
function importError(table: VertexTable, ref: CacheRef): string | undefined {
  for (const { name, error } of table.vertices.values()) {
    if (error === undefined) continue
    const parsed = parseVertexName(name)
    // BuildKit names a registry's ref, and of the others no more than their kind.
    if (parsed.kind === 'importing' && (parsed.ref === displayRef(ref) || parsed.ref.startsWith(`${ref.backend}:`))) return error
  }
  return undefined
}
