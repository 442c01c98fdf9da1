/** Where releases of buildx come from. */
export interface BuildxSource {
  /** JSON of releases by name, `latest` and `edge` among them. */
  readonly releases: string
  /** Directory of releases by tag. */
  readonly downloads: string
}

/**
 * GitHub, or a mirror of it that DOCKER_BUILDX_MIRROR names for runners that cannot reach it: `buildx-releases.json` there, and
 * `download/v1.2.3/buildx-v1.2.3.linux-amd64`. The names are docker/buildx's own, and those of docker/actions-toolkit (src/buildx/install.ts).
 */
export function buildxSource(env: Readonly<Record<string, string | undefined>>): BuildxSource {
  const mirror = env.DOCKER_BUILDX_MIRROR?.replace(/\/+$/, '')
  return mirror
    ? { releases: `${mirror}/buildx-releases.json`, downloads: `${mirror}/download` }
    : {
        releases: 'https://raw.githubusercontent.com/docker/actions-toolkit/main/.github/buildx-releases.json',
        downloads: 'https://github.com/docker/buildx/releases/download'
      }
}

/** URL of a release's program. `platform` as BuildKit writes it. */
export function buildxUrl({ downloads }: BuildxSource, version: string, platform: string): string {
  return `${downloads}/v${version}/buildx-v${version}.${platform.replace('/', '-').replace('/', '-')}`
}

/** The version a release has in the JSON of releases; undefined where it is not there. */
export function releaseVersion(releases: string, name: string): string | undefined {
  const known = JSON.parse(releases) as Readonly<Record<string, { readonly tag_name?: unknown } | undefined>>
  const tag = known[name]?.tag_name
  return typeof tag === 'string' ? tag.replace(/^v/, '') : undefined
}

/** Version in what `docker buildx version` prints. */
export function parseBuildxVersion(text: string): string | undefined {
  return /\sv?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)/.exec(text)?.[1]
}

/** Builds buildx of a repository, as its own Dockerfile says. */
export function buildBuildxArgv(repository: string, directory: string): readonly string[] {
  const options = ['--target=binaries', '--platform=local', '--build-arg=BUILDKIT_CONTEXT_KEEP_GIT_DIR=1']
  return ['buildx', 'build', ...options, `--output=type=local,dest=${directory}`, repository]
}

/** Whether docker says that it has no buildx. */
export function lacksBuildx(stderr: string): boolean {
  return /unknown command: docker buildx|'buildx' is not a docker command/.test(stderr)
}
