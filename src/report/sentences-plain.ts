/** Why a build went without the caches of stages. */
export const stagesUnknown =
  'The stages of the Dockerfile are not known, so none of them is cached: BuildKit could not be asked for them'

export const withoutBuildx =
  'Docker has no buildx here, so the image was built without BuildKit and no stage is cached: install docker-buildx-plugin, or set buildx-version'

/** `why` is docker's own text. */
export function withoutOwnBuilder(why: string): string {
  return `No builder that can save caches could be made, so Docker's own builds and stages may not be saved: ${why}`
}

/** `inputs` are names of inputs. */
export function withoutBuildxRefused(inputs: readonly string[]): string {
  return `Docker has no buildx here, and only BuildKit can do what ${inputs.join(', ')} ${inputs.length === 1 ? 'asks' : 'ask'} for: install docker-buildx-plugin, or set buildx-version`
}
