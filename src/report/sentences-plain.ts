/** Why a build went without the caches of stages. */
export const stagesUnknown =
  'The stages of the Dockerfile are not known, so none of them is cached: BuildKit could not be asked for them'
