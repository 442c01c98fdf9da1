/** A secret whose value the workflow gave. The value must never be printed. */
export interface SecretValue {
  readonly id: string
  readonly value: string
}

/** A secret held by an environment variable of the job. */
export interface SecretEnv {
  readonly id: string
  readonly env: string
}

/** A secret held by a file. */
export interface SecretFile {
  readonly id: string
  readonly path: string
}

/** What each form of value is once it is read. The list forms are in input-list.ts. */
interface ValueOf {
  readonly text: string
  readonly boolean: boolean
  readonly 'comma-list': readonly string[]
  readonly 'line-list': readonly string[]
  readonly 'verbatim-list': readonly string[]
  readonly platforms: readonly string[]
  readonly attestation: string
  readonly attestations: readonly string[]
  readonly secrets: readonly SecretValue[]
  readonly 'secret-envs': readonly SecretEnv[]
  readonly 'secret-files': readonly SecretFile[]
}

export interface BuildFlag {
  /** Name in action.yml. */
  readonly input: string
  /** Name in the record. */
  readonly key: string
  /** The flag of `docker buildx build`. */
  readonly flag: string
  readonly form: keyof ValueOf
  /**
   * Whether a build of the same stage without this flag may get other cache keys or another base image, or cannot run at all.
   * Every build of ours takes these; the rest only shape the image or where it goes.
   * Source: solver/llbsolver/ops/exec.go of BuildKit and build/opt.go of buildx.
   */
  readonly partOfCacheKey: boolean
}

/**
 * The inputs of docker/build-push-action v7 that are plain flags, in the order its src/context.ts gives them to buildx.
 * `pull` counts as part of the key: it decides which base image a tag resolves to, and with the docker driver a build
 * without it would take the engine's older copy.
 */
export const buildFlags = [
  { input: 'add-hosts', key: 'addHosts', flag: '--add-host', form: 'comma-list', partOfCacheKey: true },
  { input: 'allow', key: 'allow', flag: '--allow', form: 'comma-list', partOfCacheKey: true },
  { input: 'annotations', key: 'annotations', flag: '--annotation', form: 'line-list', partOfCacheKey: false },
  { input: 'build-args', key: 'buildArgs', flag: '--build-arg', form: 'line-list', partOfCacheKey: true },
  { input: 'build-contexts', key: 'buildContexts', flag: '--build-context', form: 'line-list', partOfCacheKey: true },
  { input: 'cache-from', key: 'cacheFrom', flag: '--cache-from', form: 'line-list', partOfCacheKey: false },
  { input: 'cache-to', key: 'cacheTo', flag: '--cache-to', form: 'line-list', partOfCacheKey: false },
  { input: 'call', key: 'call', flag: '--call', form: 'text', partOfCacheKey: false },
  { input: 'cgroup-parent', key: 'cgroupParent', flag: '--cgroup-parent', form: 'text', partOfCacheKey: true },
  { input: 'secret-envs', key: 'secretEnvs', flag: '--secret', form: 'secret-envs', partOfCacheKey: true },
  { input: 'file', key: 'file', flag: '--file', form: 'text', partOfCacheKey: true },
  { input: 'labels', key: 'labels', flag: '--label', form: 'line-list', partOfCacheKey: false },
  { input: 'no-cache-filters', key: 'noCacheFilters', flag: '--no-cache-filter', form: 'comma-list', partOfCacheKey: false },
  { input: 'outputs', key: 'outputs', flag: '--output', form: 'verbatim-list', partOfCacheKey: false },
  { input: 'platforms', key: 'platforms', flag: '--platform', form: 'platforms', partOfCacheKey: true },
  { input: 'provenance', key: 'provenance', flag: '--attest', form: 'attestation', partOfCacheKey: false },
  { input: 'sbom', key: 'sbom', flag: '--attest', form: 'attestation', partOfCacheKey: false },
  { input: 'attests', key: 'attests', flag: '--attest', form: 'attestations', partOfCacheKey: false },
  { input: 'secrets', key: 'secrets', flag: '--secret', form: 'secrets', partOfCacheKey: true },
  { input: 'secret-files', key: 'secretFiles', flag: '--secret', form: 'secret-files', partOfCacheKey: true },
  { input: 'shm-size', key: 'shmSize', flag: '--shm-size', form: 'text', partOfCacheKey: true },
  { input: 'ssh', key: 'ssh', flag: '--ssh', form: 'comma-list', partOfCacheKey: true },
  { input: 'tags', key: 'tags', flag: '--tag', form: 'comma-list', partOfCacheKey: false },
  { input: 'target', key: 'target', flag: '--target', form: 'text', partOfCacheKey: false },
  { input: 'ulimit', key: 'ulimit', flag: '--ulimit', form: 'line-list', partOfCacheKey: true },
  { input: 'builder', key: 'builder', flag: '--builder', form: 'text', partOfCacheKey: false },
  { input: 'load', key: 'load', flag: '--load', form: 'boolean', partOfCacheKey: false },
  { input: 'network', key: 'network', flag: '--network', form: 'text', partOfCacheKey: true },
  { input: 'no-cache', key: 'noCache', flag: '--no-cache', form: 'boolean', partOfCacheKey: false },
  { input: 'pull', key: 'pull', flag: '--pull', form: 'boolean', partOfCacheKey: true },
  { input: 'push', key: 'push', flag: '--push', form: 'boolean', partOfCacheKey: false }
] as const satisfies readonly BuildFlag[]

export type BuildFlagRow = (typeof buildFlags)[number]

/** The values of all plain flags, one property per row of the table. An empty text means the input was not given. */
export type BuildFlagValues = { readonly [Row in BuildFlagRow as Row['key']]: ValueOf[Row['form']] }
