import { join } from 'node:path'
import { messageOf } from '../errors'
import type { Advice, BuildFacts, ContextFiles } from '../explain/advice/advice'
import { filesToRead, findAdvice } from '../explain/advice/rules'
import type { Host } from '../host'
import { isRemote } from '../plan/remote-context'
import { renderAnnotations } from '../report/annotations'
import { savesCaches } from '../plan/permissions'
import type { Builder } from './builder'
import { carriesMounts } from './cache-mounts'
import { withinWorkspace } from './failure-place'
import type { BuiltImage } from './image'
import type { Preparation } from './prepare'

/** Manifests larger than this say nothing that a rule wants to know. */
const largestFile = 1_000_000

/** Nobody writes longer ones by hand, and going through them would cost time: characters, and stages and steps. */
const longestDockerfile = { characters: 100_000, steps: 1000 }

/** Advice on the Dockerfile, judged by this build. Never throws: without it the build is what it was. */
export async function findBuildAdvice(
  host: Host,
  preparation: Preparation,
  builder: Builder,
  built: BuiltImage
): Promise<readonly Advice[]> {
  const { inputs, plan, dockerfile, file: source } = preparation
  if (inputs.advice === 'off' || isTooLong(preparation)) return []
  try {
    const seen = { text: source.text, dockerfile, results: built.results }
    const facts: BuildFacts = {
      ...seen,
      target: plan.target.index,
      withoutRef: new Set(plan.stages.filter(({ uncached }) => uncached === 'no-target').map(({ stage }) => stage.index)),
      buildArgs: new Set(inputs.buildArgs.map(text => text.replace(/=.*$/s, ''))),
      buildContexts: new Set(inputs.buildContexts.map(text => text.slice(0, text.indexOf('=')))),
      // Other drivers may build each platform on a machine of its own.
      ...(['docker', 'docker-container'].includes(builder.driver) && !builder.severalNodes
        ? { buildPlatform: host.platform }
        : {}),
      // Carried by this action, or kept by the builder itself.
      mountsKept:
        (carriesMounts(host, inputs, builder) && savesCaches(inputs)) ||
        (host.env['RUNNER_ENVIRONMENT'] === 'self-hosted' && !builder.created),
      // As docker/build-push-action has it.
      warnings: /^(?:0|f|false)$/i.test(host.env['DOCKER_BUILD_CHECKS_ANNOTATIONS'] ?? '') ? [] : built.run.warnings,
      context: await readContext(host, preparation, filesToRead(seen))
    }
    const file = withinWorkspace(source.path, host.env['GITHUB_WORKSPACE'])
    return findAdvice(facts).map(finding => ({ ...finding, file }))
  } catch (error) {
    host.log.info(`No advice on the Dockerfile: ${messageOf(error)}`)
    return []
  }
}

/** Shows the advice at the lines it is about. */
export function annotate(host: Host, { inputs }: Preparation, advice: readonly Advice[]): void {
  if (inputs.advice === 'off') return
  for (const annotation of renderAnnotations(advice, inputs.advice)) host.workflow.annotate(annotation)
}

function isTooLong({ file: source, dockerfile }: Preparation): boolean {
  const steps = dockerfile.stages.reduce((sum, stage) => sum + 1 + stage.steps.length, 0)
  return source.text.length > longestDockerfile.characters || steps > longestDockerfile.steps
}

async function readContext(host: Host, { inputs, file: source }: Preparation, paths: readonly string[]): Promise<ContextFiles> {
  const { files } = host
  // BuildKit fetches a repository without `.git`, and takes no ignore file.
  if (isRemote(inputs.context)) return { files: new Map(), ignore: '', git: false }
  const texts = await Promise.all(
    paths.map(async path => {
      const file = join(inputs.context, path)
      const size = await files.size(file)
      const text = size === undefined || size > largestFile ? undefined : await files.read(file)
      return text === undefined ? [] : [[path, text] as const]
    })
  )
  // Rules: moby/buildkit frontend/dockerui/config.go, the one beside the Dockerfile goes before.
  const ignore = (await files.read(`${source.path}.dockerignore`)) ?? (await files.read(join(inputs.context, '.dockerignore')))
  return { files: new Map(texts.flat()), ignore, git: await files.exists(join(inputs.context, '.git')) }
}
