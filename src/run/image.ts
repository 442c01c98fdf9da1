import { lastLine } from '../errors'
import type { Host } from '../host'
import type { Degradation } from '../reasons'
import type { StageResult } from '../explain/stage-result'
import { explainStages } from '../explain/stages'
import { mainBuildArgv } from '../plan/argv'
import { stopBuilderArgv } from '../plan/builder'
import { displayRef } from '../plan/cache-plan'
import type { CacheRef } from '../plan/cache-plan'
import { covers } from '../plan/coverage'
import type { FoundRef } from '../plan/coverage'
import type { BroughtIn, ImportPlan } from '../plan/imports'
import { isLostContent } from '../plan/lost-content'
import { readingDockerfile, readsNoFile } from '../plan/own-dockerfile'
import { aheadArgv } from '../plan/side-argv'
import { parseVertexName } from '../progress/vertex-name'
import { firstFailure, stepsRunHere } from '../progress/vertices'
import type { VertexTable } from '../progress/vertices'
import { runBuild } from './build'
import type { BuildRun } from './build'
import type { Builder } from './builder'
import type { Cancellation } from './cancellation'
import { writeDockerfile } from './own-dockerfile'
import type { Preparation } from './prepare'

/** Seconds a build that brings one stage in may take. */
const bringInSeconds = 600

/** Seconds that reading a ref's list of steps and layers may take: BuildKit itself waits without end. */
const importSeconds = 60

/** Seconds that stopping the builder may take. */
const stopSeconds = 60

export interface ImageRequest {
  readonly preparation: Preparation
  readonly builder: Builder
  readonly imports: ImportPlan
  /** Steps may have run before, against what was expected: then they are cached now, and in no ref. */
  readonly ranSteps?: boolean
  /** Called with what is known of the stages, whenever that changed. */
  readonly onProgress: (table: VertexTable) => void
  /** Called when the main import turned out not to be whole, or its backend gave no answer: nothing may import it any more. */
  readonly onImportLost: (why: 'lost' | 'no-answer') => void
}

export interface BuiltImage {
  readonly run: BuildRun
  readonly results: readonly StageResult[]
  /** What was brought in before the main build. */
  readonly broughtIn: readonly FoundRef[]
  /** When the build of each of them began, in milliseconds since the epoch, and the seconds it took. */
  readonly bringInTimes: ReadonlyMap<FoundRef, { readonly started: number; readonly seconds: number }>
  /** Refs that could not be imported. */
  readonly failedImports: ReadonlySet<CacheRef>
  /** Stages whose ref turned out to be of other content than this Dockerfile and context make. */
  readonly stale: ReadonlySet<string>
  readonly degradations: readonly Degradation[]
  readonly imageid: string
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
  const bringInTimes = new Map<FoundRef, { readonly started: number; readonly seconds: number }>()
  const waiting: (FoundRef & Partial<BroughtIn>)[] = [...imports.broughtIn]
  const alsoWanted = new Set(imports.broughtIn.flatMap(({ also }) => also.map(({ ref }) => ref)))
  for (let found = waiting.shift(); found && !cancellation.requested(); found = waiting.shift()) {
    const { ref, instead = [], also = [] } = found
    if (!alsoWanted.has(ref) && broughtIn.some(done => found && covers(done, found))) continue
    const started = host.clock.now()
    const outcome = await bringIn(host, cancellation, request, found)
    bringInTimes.set(found, { started, seconds: (host.clock.now() - started) / 1000 })
    if (outcome === 'done') broughtIn.push(found)
    waiting.unshift(...(outcome === 'done' ? also : instead))
    if (outcome === 'stale') stale.add(ref.stage)
    if (typeof outcome === 'object') {
      failedImports.add(ref)
      degradations.push(outcome)
    }
  }

  const directory = await host.files.makeTemporary('build-')
  const files = { metadataFile: `${directory}/metadata.json`, iidFile: `${directory}/iid` }
  const build = (importRef: CacheRef | undefined) => {
    const attested = { run: preparation.attestedRun, ...builder }
    const main = { inputs, builder: builder.name, importRef, rebuildStages: preparation.rebuilt, attested, ...files }
    return runBuild(host, cancellation, mainBuildArgv(main), {
      live: true,
      onProgress: request.onProgress,
      ...(importRef ? { importSeconds } : {})
    })
  }
  let run = await build(imports.main?.ref)
  const failed = run.exitCode === 0 || cancellation.requested() ? undefined : firstFailure(run.table)?.error
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
    const { seconds } = run
    run = await build(undefined)
    run = { ...run, seconds: seconds + run.seconds }
  }
  const results = explainStages({
    dockerfile,
    needed: plan.stages.map(({ stage }) => stage),
    platforms: plan.platforms,
    table: run.table,
    outcome: cancellation.requested() ? 'cancelled' : run.exitCode === 0 ? 'success' : 'failure'
  })
  const [imageid, metadata] = await Promise.all([host.files.read(files.iidFile), host.files.read(files.metadataFile)])
  const made = { imageid: imageid?.trim() ?? '', metadata: metadata ?? '' }
  return { run, results, broughtIn, bringInTimes, failedImports, stale, degradations, ...made }
}

/**
 * BuildKit cannot cancel an import that hangs, and serves no build meanwhile (solver/llbsolver/bridge.go resolves it under a context that nothing ends). A builder
 * of our own is stopped, and started again by the next build; another's is busy until the connection breaks.
 */
async function freeBuilder(host: Host, { name, created }: Builder): Promise<void> {
  if (created) await host.exec.start('docker', stopBuilderArgv(name), { timeoutSeconds: stopSeconds }).result
}

/**
 * One build of a stage with its own ref as the only import. It stops at the first step that is not cached: then the ref is of other
 * content, and the main build knows better what to do.
 */
async function bringIn(
  host: Host,
  cancellation: Cancellation,
  request: ImageRequest,
  { ref }: FoundRef
): Promise<'done' | 'stale' | Degradation> {
  const { preparation, builder } = request
  const { plan, inputs, file } = preparation
  const stage = plan.stages.find(planned => planned.stage.name === ref.stage)?.stage ?? plan.target
  host.log.info(`Bringing in ${ref.stage} from ${displayRef(ref)}`)
  const path = await writeDockerfile(host, file.path, readingDockerfile(file.text, stage))
  const run = await runBuild(host, cancellation, aheadArgv({ inputs, builder: builder.name, importRef: ref, file: path }), {
    live: false,
    stopWhen: ranAnyStep,
    timeoutSeconds: bringInSeconds,
    importSeconds
  })
  if (run.stopped || ranAnyStep(run.table)) {
    host.log.info(`${displayRef(ref)} is of other content: not used`)
    return 'stale'
  }
  if (run.exitCode === 0) return 'done'
  const limit = run.importTimedOut ? importSeconds : run.timedOut ? bringInSeconds : undefined
  return {
    code: 'bring-in-failed',
    backend: ref.backend,
    stage: ref.stage,
    detail: limit === undefined ? lastLine(run.text) : `not done within ${limit} s`
  }
}

function ranAnyStep(table: VertexTable): boolean {
  return stepsRunHere(table).some(({ name }) => !readsNoFile(name))
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
