import { gitToken, readContext, readNamedContexts } from './inputs/build-context'
import { readBuildFlags, readPlatforms } from './inputs/build-flags'
import {
  readBackends,
  readBytes,
  readCompression,
  readGrowth,
  readPercent,
  readStageChoice,
  readSwitch
} from './inputs/cache-values'
import {
  checkBuilderName,
  checkBuildxVersion,
  checkCacheDir,
  checkDays,
  checkMetricsFile,
  checkRepository,
  checkTag
} from './inputs/checks'
import { InputReader } from './inputs/reader'
import { relationProblems } from './inputs/relations'
import type { Compression } from './plan/cache-attrs'
import type { BuildFlagValues } from './plan/flags'
import { checkPrefix } from './plan/ref'
import type { Backend } from './reasons'

export type Driver = 'docker-container' | 'docker' | 'kubernetes' | 'remote'

/** What the workflow asked for, checked. An empty text means the input was not given. */
export interface Inputs extends BuildFlagValues {
  /** A local directory, or what BuildKit fetches. */
  readonly context: string
  readonly driver: 'auto' | Driver
  /** Of the builder to make. */
  readonly name: string
  readonly driverOpts: readonly string[]
  readonly buildkitdFlags: string
  readonly buildkitdConfig: string
  readonly buildkitdConfigInline: string
  readonly endpoint: string
  /** Of the builder's first node; empty where it says them itself. */
  readonly nodePlatforms: readonly string[]
  /** Make the builder the current one for later steps. */
  readonly use: boolean
  readonly buildxVersion: string
  /** Keep the program of `buildxVersion` in GitHub's cache. */
  readonly cacheBinary: boolean
  /** YAML. */
  readonly append: string
  readonly keepState: boolean
  readonly fallback: boolean
  readonly cleanup: boolean
  readonly cacheBackends: 'auto' | readonly Backend[]
  readonly cacheImage: string
  readonly cacheName: string
  readonly cachePrefix: string
  readonly cacheVersion: string
  readonly cacheScope: 'branch' | 'shared'
  /** Lower-case names. `only` empty means all. */
  readonly cacheStages: { readonly only: readonly string[]; readonly leftOut: readonly string[] }
  readonly cacheMode: 'auto' | 'min' | 'max'
  readonly cacheCompression: 'auto' | Compression
  readonly cacheWrite: 'auto' | 'true' | 'false'
  readonly cacheExport: 'eager' | 'after' | 'off'
  readonly cacheDir: string
  readonly cacheMounts: 'auto' | 'true' | 'false'
  /** Bytes that one cache mount may have. */
  readonly cacheMountsMaxSize: number
  /** Image with a shell and tar; empty for none. */
  readonly cacheMountsImage: string
  /** 0: never. */
  readonly cacheRefreshDays: number
  readonly rebuildCache: boolean
  /** Lower-case names. */
  readonly rebuildStages: readonly string[]
  readonly advice: 'warning' | 'notice' | 'off'
  /** Record what stages are made from, and compare. */
  readonly explain: boolean
  readonly summary: boolean
  /** Percent; undefined where nothing was asked for. */
  readonly minHitRate: number | undefined
  readonly onLowHitRate: 'warn' | 'fail'
  /** Percent; undefined where any growth is fine. */
  readonly maxImageGrowth: number | undefined
  /** Path from the workspace. */
  readonly metricsFile: string
}

export interface ReadInputs {
  /** With problems, only good for finding more of them: stand-ins are where bad values were. */
  readonly inputs: Inputs
  readonly problems: readonly string[]
}

/** The job's repository, as in git-context.ts. */
export interface Repository {
  readonly defaultContext: string
  readonly server: string
}

const nowhere: Repository = { defaultContext: '', server: '' }

/** Takes a reader of inputs as the workflow wrote them, defaults of action.yml included. Problems are told, not thrown: a caller has more to check. */
export function readInputs(read: (name: string) => string, repository: Repository = nowhere): ReadInputs {
  const reader = new InputReader(read)
  const flags = readBuildFlags(reader)
  const context = readContext(reader, repository.defaultContext)
  const token = { ...repository, token: reader.text('github-token') }
  const inputs: Inputs = {
    ...flags,
    buildContexts: readNamedContexts(reader, flags.buildContexts, repository.defaultContext),
    secrets: [...flags.secrets, ...gitToken({ context, secrets: flags.secrets }, token)],
    context,
    driver: reader.oneOf('driver', ['auto', 'docker-container', 'docker', 'kubernetes', 'remote']),
    // As buildx itself has it.
    name: reader.ifGiven('name', checkBuilderName).toLowerCase(),
    driverOpts: reader.list('driver-opts', 'verbatim-list'),
    buildkitdFlags: reader.text('buildkitd-flags'),
    buildkitdConfig: reader.text('buildkitd-config'),
    buildkitdConfigInline: reader.text('buildkitd-config-inline'),
    endpoint: reader.text('endpoint'),
    nodePlatforms: readPlatforms(reader, 'node-platforms'),
    use: reader.boolean('use'),
    buildxVersion: reader.ifGiven('buildx-version', checkBuildxVersion),
    cacheBinary: reader.boolean('cache-binary', true),
    // Its YAML stays unread: the reader of YAML is only loaded where there is some.
    append: reader.text('append'),
    keepState: reader.boolean('keep-state'),
    fallback: reader.boolean('fallback', true),
    cleanup: reader.boolean('cleanup', true),
    cacheBackends: readBackends(reader),
    cacheImage: reader.ifGiven('cache-image', checkRepository),
    cacheName: reader.text('cache-name'),
    cachePrefix: reader.checked('cache-prefix', checkPrefix),
    cacheVersion: reader.text('cache-version'),
    cacheScope: reader.oneOf('cache-scope', ['branch', 'shared']),
    cacheStages: readStageChoice(reader),
    cacheMode: reader.oneOf('cache-mode', ['auto', 'min', 'max']),
    cacheCompression: readCompression(reader),
    cacheWrite: readSwitch(reader, 'cache-write'),
    cacheExport: reader.oneOf('cache-export', ['eager', 'after', 'off']),
    cacheDir: reader.checked('cache-dir', checkCacheDir, '/tmp/.buildx-cache'),
    cacheMounts: readSwitch(reader, 'cache-mounts'),
    cacheMountsMaxSize: readBytes(reader, 'cache-mounts-max-size'),
    cacheMountsImage: reader.ifGiven('cache-mounts-image', checkTag),
    cacheRefreshDays: Number(reader.checked('cache-refresh-days', checkDays, '3')),
    rebuildCache: reader.boolean('rebuild-cache'),
    rebuildStages: reader.list('rebuild-stages', 'comma-list').map(name => name.toLowerCase()),
    advice: reader.oneOf('advice', ['warning', 'notice', 'off']),
    explain: reader.boolean('explain', true),
    summary: reader.boolean('summary', true),
    minHitRate: readPercent(reader, 'min-hit-rate'),
    onLowHitRate: reader.oneOf('on-low-hit-rate', ['warn', 'fail']),
    maxImageGrowth: readGrowth(reader, 'max-image-growth'),
    metricsFile: reader.ifGiven('metrics-file', checkMetricsFile)
  }
  // What two inputs make of each other is only known where each is fine by itself.
  const wrong = new Set(reader.problems.flatMap(({ about }) => about))
  const relations = relationProblems(inputs).filter(({ about }) => !about.some(name => wrong.has(name)))
  return { inputs, problems: [...reader.problems, ...relations].map(({ text }) => text) }
}
