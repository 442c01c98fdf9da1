/**
 * Whether what BuildKit says means that a layer a cache ref lists is not there any more, or is damaged: it believes the ref's manifest, and has no
 * other way once it comes to need the layer (cache/remote.go). `blobs` are the ref's, where they are known: the same words about
 * other blobs are about base images.
 */
export function isLostContent(message: string, blobs?: ReadonlySet<string>): boolean {
  if (!/could not fetch content descriptor|httpReadSeeker|unexpected commit digest/.test(message)) return false
  const digests = message.match(/sha256:[0-9a-f]{64}/g) ?? []
  return blobs === undefined || digests.some(digest => blobs.has(digest))
}

/**
 * Whether it means that BuildKit itself lost what a step had just made: another build that shared the step ended, or was stopped, at that moment
 * (moby/buildkit#6808; seen with 0.25). The same build made again passes.
 */
export function isLostStep(message: string): boolean {
  return /during finalize: .*snapshot \S+ does not exist/.test(message)
}
