import { countFiles } from '../fingerprint/fingerprint'
import type { Materials } from '../fingerprint/seal'
import type { MadeOf } from './stage-result'

/**
 * What would make a stage another one, apart from its own lines and the stages it reads, as the Dockerfile
 * names it: values of build arguments are not in it. Undefined for a stage that is not known.
 */
export function madeOf({ stages, files }: Materials, index: number, platform: string): MadeOf | undefined {
  const material = stages.find(stage => stage.index === index && stage.platform === platform)
  if (!material) return undefined
  const steps = material.parts.filter(part => part.kind === 'step')
  const bases = [material.base, ...steps.flatMap(step => Object.values(step.bases))]
  const settings = [...bases.flatMap(({ variables }) => variables), ...material.parts.filter(part => part.kind === 'setting')]
  const named = bases.filter(({ image }) => image !== undefined).map(({ shown }) => shown)
  const images = [...named, ...steps.flatMap(step => step.images)]
  return {
    files: steps.flatMap(({ reads }) => {
      const tree = files.trees.get(files.idOf(reads) ?? '')
      return reads.length === 0 ? [] : [{ sources: reads.map(({ shown }) => shown || '.'), count: tree ? countFiles(tree) : 0 }]
    }),
    arguments: [...new Set(settings.filter(({ by }) => by === 'ARG').map(({ name }) => name))],
    images: [...new Set(images)]
  }
}
