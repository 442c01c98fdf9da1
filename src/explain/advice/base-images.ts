import { flagValues } from '../../dockerfile/instruction-text'
import { placed, type Finding, type Rule } from './advice'

/** A base image, or an image that is copied from, whose tag moves. Names made from arguments are not judged: the job chooses them. */
export const unpinnedBase: Rule = (stages, facts) =>
  stages.flatMap(stage => {
    const { base, baseText } = stage.stage
    const own: Finding[] =
      base.kind === 'image' && stage.ran && isMoving(baseText)
        ? [{ rule: 'unpinned-base', image: baseText, ...placed(stage, stage.from.lines, stage.seconds) }]
        : []
    const copied = stage.instructions.flatMap((instruction): Finding[] => {
      const from = instruction.keyword === 'COPY' ? (flagValues(instruction.source, 'from').at(-1) ?? '') : ''
      if (!instruction.ran || from === '' || /^\d+$/.test(from) || facts.buildContexts.has(from)) return []
      if (stages.some(other => other.stage.named && other.stage.name === from.toLowerCase()) || !isMoving(from)) return []
      const after = stage.instructions.filter(({ source }) => source.lines.start >= instruction.source.lines.start)
      const seconds = after.reduce((sum, other) => sum + other.seconds, 0)
      return [{ rule: 'unpinned-base', image: from, ...placed(stage, instruction.source.lines, seconds) }]
    })
    return [...own, ...copied]
  })

/** No tag, or `latest`. */
function isMoving(reference: string): boolean {
  if (reference.includes('$') || reference.includes('@')) return false
  const [, tag] = /:([^/:]*)$/.exec(reference) ?? []
  return tag === undefined || tag === 'latest'
}
