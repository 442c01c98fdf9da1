import type { BuildReport } from './report'
import { growthWords } from './sentences-figures'
import type { Words } from './words'

/** An image that grew by more than `max-image-growth`; undefined where it did not, or one of the two sizes is not known. */
export function judgeImageSize({ outcome, image, earlier, maxImageGrowth: limit }: BuildReport): Words | undefined {
  const { bytes } = image
  const before = earlier?.imageBytes
  if (outcome !== 'success' || bytes === undefined || !before || limit === undefined) return undefined
  return bytes > before * (1 + limit / 100) ? growthWords({ bytes, before, limit }) : undefined
}
