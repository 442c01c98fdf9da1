import { readLogicalLines } from '../dockerfile/logical-lines'
import type { Inputs } from '../inputs'
import { parseFields } from './build-attributes'
import { readsCache } from './build-command'
import { flagArgv, valued } from './flag-argv'
import { buildFlags } from './flags'
import type { BuildFlagRow } from './flags'
import { isRemote } from './remote-context'

/** What `docker build` without BuildKit takes as it is. */
const shared: ReadonlySet<BuildFlagRow['input']> = new Set([
  'add-hosts',
  'build-args',
  'cgroup-parent',
  'file',
  'labels',
  'platforms',
  'shm-size',
  'tags',
  'target',
  'ulimit',
  'network',
  'pull'
])

/**
 * Inputs that make another image, or none, where there is no BuildKit: by name. A repository has its `.git` in it there, which BuildKit leaves out
 * (docs.docker.com, BUILDKIT_CONTEXT_KEEP_GIT_DIR).
 */
export function needsBuildKit(inputs: Inputs): readonly string[] {
  const remote = isRemote(inputs.context)
  const asked: readonly (readonly [input: string, given: boolean])[] = [
    ['allow', inputs.allow.length > 0],
    ['annotations', inputs.annotations.length > 0],
    ['attests', inputs.attests.length > 0],
    ['append', inputs.append !== ''],
    ['build-contexts', inputs.buildContexts.length > 0],
    ['builder', inputs.builder !== ''],
    ['buildkitd-config', inputs.buildkitdConfig !== ''],
    ['buildkitd-config-inline', inputs.buildkitdConfigInline !== ''],
    ['buildkitd-flags', inputs.buildkitdFlags !== ''],
    ['buildx-version', inputs.buildxVersion !== ''],
    ['call', inputs.call !== '' && inputs.call !== 'build'],
    ['context', remote],
    ['driver', inputs.driver !== 'auto' && inputs.driver !== 'docker'],
    ['driver-opts', inputs.driverOpts.length > 0],
    ['endpoint', inputs.endpoint !== ''],
    ['file', /^https?:/.test(inputs.file)],
    ['node-platforms', inputs.nodePlatforms.length > 0],
    ['outputs', inputs.outputs.length > 0],
    ['platforms', inputs.platforms.length > 1],
    ['provenance', inputs.provenance !== '' && !/^false$/i.test(inputs.provenance)],
    ['sbom', inputs.sbom !== '' && !/^false$/i.test(inputs.sbom)],
    // A token for the context may be github-token, which nobody wrote among the secrets.
    ['secrets', inputs.secrets.some(({ id }) => !(remote && id.startsWith('GIT_AUTH_TOKEN.')))],
    ['secret-envs', inputs.secretEnvs.length > 0],
    ['secret-files', inputs.secretFiles.length > 0],
    ['ssh', inputs.ssh.length > 0],
    ['use', inputs.use]
  ]
  return asked.filter(([, given]) => given).map(([input]) => input)
}

/**
 * The arguments of a Dockerfile, as `ARG NAME`, to which only BuildKit gives a value (frontend/dockerfile/dockerfile2llb/platform.go): without it
 * they are silently empty. FROM reads them undeclared.
 */
export function automaticArguments(dockerfile: string): readonly string[] {
  const instructions = readLogicalLines(dockerfile).instructions.filter(({ text }) =>
    /^(?:ONBUILD\s+)?(?:ARG|FROM)\s/i.test(text)
  )
  const names = instructions.flatMap(
    ({ text }) => text.match(/\b(?:(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|OSVERSION)|TARGETSTAGE)\b/g) ?? []
  )
  return [...new Set(names)].map(name => `ARG ${name}`)
}

/** Flags of a Dockerfile's instructions, as `RUN --mount`, that only BuildKit knows: without it the build fails of the first (moby builder/dockerfile/dispatchers.go). */
export function buildKitFlags(dockerfile: string): readonly string[] {
  const found = readLogicalLines(dockerfile).instructions.flatMap(({ text }) => {
    const [, instruction = '', flags = ''] = /^(?:ONBUILD\s+)?(RUN|COPY|ADD)\s+((?:--\S+\s+)*)/i.exec(text) ?? []
    const name = instruction.toUpperCase()
    const known = { COPY: ['--chown', '--from'], ADD: ['--chown'] }[name] ?? []
    return (flags.match(/--[a-z-]+(?=[=\s])/g) ?? []).filter(flag => !known.includes(flag)).map(flag => `${name} ${flag}`)
  })
  return [...new Set(found)]
}

/** Images whose layers the build may take, when they are in the engine: those of `cache-from`, and the one it takes the place of. */
export function cacheImages(inputs: Inputs): readonly string[] {
  if (!readsCache(inputs)) return []
  const named = inputs.cacheFrom.flatMap(entry => {
    const fields = parseFields(entry) ?? []
    if (fields.length === 1 && !fields[0]?.includes('=')) return fields
    const type = fields.find(field => field.startsWith('type='))
    return type === undefined || type === 'type=registry' ? fields.flatMap(field => /^ref=(.+)$/.exec(field)?.[1] ?? []) : []
  })
  return [...new Set([...named, ...(inputs.push ? inputs.tags.slice(0, 1) : [])])]
}

/** `docker build …`. Stages that are to be rebuilt rebuild all: without BuildKit there is no choice. */
export function dockerBuildArgv(inputs: Inputs, iidFile: string, images: readonly string[]): readonly string[] {
  const rebuilds = !readsCache(inputs) || inputs.noCacheFilters.length > 0 || inputs.rebuildStages.length > 0
  return [
    'build',
    ...valued('--iidfile', iidFile),
    ...(rebuilds ? ['--no-cache'] : images.flatMap(image => valued('--cache-from', image))),
    ...buildFlags.filter(({ input }) => shared.has(input)).flatMap(row => flagArgv(row, inputs)),
    inputs.context.startsWith('-') ? `./${inputs.context}` : inputs.context
  ]
}

/** `docker pull …` that prints no progress. */
export function pullImageArgv(image: string): readonly string[] {
  return ['pull', '--quiet', '--', image]
}

/** `docker push …` of one tag. */
export function pushImageArgv(image: string): readonly string[] {
  return ['push', '--', image]
}

/** Whether a build failed of the layers it was to take from an image: with containerd's image store the engine cannot always (Docker 28.5). */
export function isCacheTrouble(stderr: string): boolean {
  return /failed to (?:restore|created?) cache(?:d)? image/.test(stderr)
}

/** Digest that `docker push` says last. */
export function parsePushedDigest(text: string): string {
  return /digest: (sha256:[0-9a-f]{64})/.exec(text)?.[1] ?? ''
}
