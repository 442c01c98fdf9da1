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

/** The repository and the ref of it in input `buildx-version`; undefined for a directory of a repository, which no commit names. */
export function buildxRepository(version: string): { readonly url: string; readonly ref: string } | undefined {
  const [, url = '', ref = ''] = /^([^#]*)(?:#(.*))?$/.exec(version) ?? []
  return ref.includes(':') ? undefined : { url, ref: ref || 'HEAD' }
}

/** `git ls-remote …` for one ref. */
export function remoteCommitArgv({ url, ref }: { readonly url: string; readonly ref: string }): readonly string[] {
  return ['ls-remote', '--', url, ref, `${ref}^{}`]
}

/** The commit in `git ls-remote` output; undefined where the ref is none, or a branch and a tag that differ. */
export function parseRemoteCommit(text: string, ref: string): string | undefined {
  const exact = new Set([ref, `refs/${ref}`, `refs/heads/${ref}`, `refs/tags/${ref}`])
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, commit = '', name = '', peeled] = /^([0-9a-f]{40,64})\t(.*?)(\^\{\})?$/.exec(line) ?? []
    // An annotated tag is a thing of its own; behind it comes what it stands for.
    if (exact.has(name) && (peeled || !found.has(name))) found.set(name, commit)
  }
  const commits = new Set(found.values())
  return commits.size === 1 ? [...commits][0] : undefined
}

/** What buildx is kept as between jobs. The program is copied to `directory`, which has the same path on every runner, and is there only meanwhile. */
export interface KeptBuildx {
  readonly key: string
  readonly directory: string
}

/** `plugins` is docker's directory of plugins. */
export function keptBuildx(plugins: string, tool: string, version: string, platform: string): KeptBuildx {
  const name = `stage-cache-build-${tool}-${version}-${platform.replaceAll('/', '-')}`
  return { key: name, directory: `${plugins}/.${name}` }
}

/** Whether docker says that it has no buildx. */
export function lacksBuildx(stderr: string): boolean {
  return /unknown command: docker buildx|'buildx' is not a docker command/.test(stderr)
}
