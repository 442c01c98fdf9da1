/** Why a build went without the caches of stages. */
export const stagesUnknown =
  'The stages of the Dockerfile are not known, so none of them is cached: BuildKit could not be asked for them'

/** What a step fails with that was cancelled while its builder came up. */
export const cancelledBefore = 'The job was cancelled. Nothing was built.'

/** Of a main step that was killed. */
export const savedByThen =
  "What it had saved by then in a registry or in GitHub's cache serves the next one; a local cache is as it was before."

export const withoutBuildx =
  'Docker has no buildx here, so the image was built without BuildKit and no stage is cached: install docker-buildx-plugin, or set buildx-version'

/** `why` is docker's own text. */
export function withoutOwnBuilder(why: string): string {
  return `No builder that can save caches could be made, so Docker's own builds and stages may not be saved: ${why}`
}

export function podsByChance(builder: string): string {
  return `Builder ${builder} sends each build to a pod by chance, which has nothing of the build before: steps run again while stages are saved. Make it with driver-opts: loadbalance=sticky`
}

export const mountsOfSeveralPods =
  'Cache mounts are not kept between jobs: the builder has several pods, and each build would fill or save those of another. Leave replicas out of driver-opts: a job builds on one pod'

/** `asking` are names of inputs, an ignore file, and arguments of the Dockerfile. */
export function withoutBuildxRefused(asking: readonly string[]): string {
  return `Docker has no buildx here, and only BuildKit can do what ${asking.join(', ')} ${asking.length === 1 ? 'asks' : 'ask'} for: install docker-buildx-plugin, or set buildx-version`
}
