import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { parseRunContext } from '../context'
import type { RunContext } from '../context'
import { didYouMean } from '../did-you-mean'
import { parseDockerfile } from '../dockerfile/parse-dockerfile'
import type { Script } from '../dockerfile/parse-dockerfile'
import { findTarget } from '../dockerfile/stage-graph'
import type { Dockerfile } from '../dockerfile/dockerfile'
import { InputError } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import { planBackends } from '../plan/backends'
import { savesCaches } from '../plan/permissions'
import type { BackendPlan } from '../plan/backends'
import { planCache } from '../plan/cache-plan'
import type { CachePlan } from '../plan/cache-plan'
import { cacheName } from '../plan/image-reference'
import { parsePlatform } from '../plan/platform'
import { parseAttestedRun } from '../plan/provenance'
import type { AttestedRun } from '../plan/provenance'
import { planRebuilds } from '../plan/rebuilds'
import { hasRemoteDockerfile, isRemote, remoteDockerfileName } from '../plan/remote-context'
import { planScopes } from '../plan/scope'
import { hideValues } from '../progress/hidden-values'
import { placeIn } from './failure-place'
import { readJobInputs } from './job-inputs'

export interface Preparation {
  readonly inputs: Inputs
  readonly context: RunContext
  readonly attestedRun: AttestedRun
  readonly dockerfile: Dockerfile
  /** The Dockerfile as it was read. */
  readonly file: { readonly path: string; readonly text: string }
  readonly script: Script
  /** Build arguments with their values; never to be shown or kept. */
  readonly buildArgs: Readonly<Record<string, string>>
  readonly plan: CachePlan
  readonly backends: BackendPlan
  /** Separates images in gha and local names. */
  readonly image: string
  /** Names of the stages to rebuild, with all that depend on them. */
  readonly rebuilt: readonly string[]
  /** Random; tells this job's temporary names from other jobs'. */
  readonly jobId: string
}

/** Most often the checkout is what is missing. */
const checkedOut = 'give one of the checkout, which a step with actions/checkout before this one makes'

/** Reads a Dockerfile that only BuildKit can; undefined where it says nothing. */
export type ReadRemote = (inputs: Inputs) => Promise<string | undefined>

/**
 * From inputs, event and Dockerfile to the plan. Throws an InputError with every problem there is; nothing was started by then but what
 * `readRemote` starts. Undefined where it cannot be known what is in a remote Dockerfile.
 */
export async function prepare(host: Host, event: unknown, readRemote: ReadRemote): Promise<Preparation | undefined> {
  const { inputs, repository, problems: inputProblems } = await readJobInputs(host, event)
  const problems = [...inputProblems]
  const context = parseRunContext(host.env, event)
  const backends = planBackends(inputs, host.actionsCache.available)
  problems.push(...backends.problems)

  const remote = hasRemoteDockerfile(inputs)
  // Where the context or the file was refused there is nothing to look for.
  const refused = problems.some(problem => /^(context|file):/.test(problem))
  const noContext = !refused && !isRemote(inputs.context) && !(await host.files.exists(`${inputs.context}/.`))
  if (noContext) problems.push(`context: ${inputs.context} is no directory here; ${checkedOut}`)
  if (remote && problems.length > 0) throw new InputError(problems)
  const path = remote ? remoteDockerfileName(inputs, repository.defaultContext) : await findDockerfile(host, inputs)
  const text = remote ? await readRemote(inputs) : await host.files.read(path)
  if (remote && text === undefined) return undefined
  const asked = inputs.platforms.map(platform => (platform === 'local' ? host.platform : platform))
  const platforms = asked.length > 0 ? [...new Set(asked)] : [defaultPlatform(host)]
  if (text === undefined) {
    // Without its directory a Dockerfile that nobody named is no problem of its own.
    if (!refused && (!noContext || inputs.file))
      problems.push(`file: ${path} does not exist; give the path of the Dockerfile from the job's working directory`)
    throw new InputError(problems)
  }
  const buildArgs = buildArguments(inputs, host.env)
  const parsed = parseDockerfile(text, {
    buildArgs,
    buildContexts: inputs.buildContexts.map(context => context.slice(0, context.indexOf('='))),
    platform: platforms[0] ?? host.platform,
    buildPlatform: host.platform,
    target: inputs.target
  })
  const hide = hideValues(Object.entries(buildArgs))
  problems.push(...parsed.problems.map(problem => `file: ${path}:${problem.line}: ${hide(problem.message)}`))
  const { dockerfile, script } = parsed
  const target = parsed.problems.length > 0 ? undefined : findTarget(dockerfile, inputs.target)
  if (target && 'problem' in target) problems.push(`target: ${target.problem}`)
  if (parsed.problems.length === 0) problems.push(...unknownStages(dockerfile, inputs))
  if (problems.length > 0 || !target || 'problem' in target) {
    const [first] = parsed.problems
    throw new InputError(problems, first && placeIn(host.env, path, { start: first.line, end: first.line }))
  }

  const image = cacheName({
    cacheName: inputs.cacheName,
    dockerfile: path,
    ...(inputs.tags[0] ? { firstTag: inputs.tags[0] } : {})
  })
  const plan = planCache({
    dockerfile,
    target: target.stage,
    inputs,
    backends: !savesCaches(inputs) && inputs.rebuildCache ? [] : backends.backends,
    scopes: planScopes(context, inputs.cacheScope),
    platforms,
    repository: backends.repository,
    image
  })
  const rebuilt = planRebuilds(
    plan.stages.map(({ stage }) => stage),
    inputs.rebuildStages
  ).map(stage => stage.name)
  return {
    inputs,
    context,
    attestedRun: parseAttestedRun(host.env, event),
    dockerfile,
    file: { path, text },
    script,
    buildArgs,
    plan,
    backends,
    image,
    rebuilt,
    jobId: randomUUID()
  }
}

/** `Dockerfile` in the context, or `dockerfile` where only that is there, as BuildKit looks for it (frontend/dockerui/config.go). */
export async function findDockerfile(host: Host, inputs: Inputs): Promise<string> {
  if (inputs.file) return inputs.file
  const [usual, lower] = [join(inputs.context, 'Dockerfile'), join(inputs.context, 'dockerfile')]
  return !(await host.files.exists(usual)) && (await host.files.exists(lower)) ? lower : usual
}

/** `NAME=value`, or `NAME` for the value in the environment. */
function buildArguments(inputs: Inputs, env: Host['env']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    inputs.buildArgs.flatMap(text => {
      const equals = text.indexOf('=')
      const value = equals < 0 ? env[text] : text.slice(equals + 1)
      return value === undefined ? [] : [[equals < 0 ? text : text.slice(0, equals), value]]
    })
  )
}

/** What buildx builds for when nobody says: DOCKER_DEFAULT_PLATFORM, else the machine's own. */
function defaultPlatform(host: Host): string {
  const parsed = parsePlatform(host.env['DOCKER_DEFAULT_PLATFORM'] ?? '')
  return 'platform' in parsed ? parsed.platform : host.platform
}

function unknownStages({ stages }: Dockerfile, inputs: Inputs): readonly string[] {
  const all = stages.map(stage => stage.name)
  const asked: readonly (readonly [input: string, wanted: readonly string[], names: readonly string[]])[] = [
    ['cache-stages', [...inputs.cacheStages.only, ...inputs.cacheStages.leftOut], all],
    // BuildKit rebuilds by name: a stage without one cannot be asked for (frontend/dockerfile/dockerfile2llb/convert.go).
    ['rebuild-stages', inputs.rebuildStages, stages.filter(stage => stage.named).map(stage => stage.name)]
  ]
  return asked.flatMap(([input, wanted, names]) =>
    wanted
      .filter(stage => !names.includes(stage))
      .map(
        stage => `${input}: the Dockerfile has no stage named "${stage}"${didYouMean(stage, names)}; it has: ${names.join(', ')}`
      )
  )
}
