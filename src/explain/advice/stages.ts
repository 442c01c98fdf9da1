import { placed, type Finding, type Rule } from './advice'

/** A stage that was built and can have no ref, since nothing can ask BuildKit for it. */
export const unnamedStage: Rule = (stages, { withoutRef }) =>
  stages.flatMap((stage): Finding[] => {
    if (!stage.ran || !withoutRef.has(stage.stage.index)) return []
    const taken = stage.stage.named ? stage.stage.name : ''
    return [{ rule: 'unnamed-stage', base: stage.stage.baseText, taken, ...placed(stage, stage.from.lines, stage.seconds) }]
  })

/**
 * A stage that no build of this Dockerfile can need: nothing reads it, and no target can name it. Named ones are targets of others. As it is
 * never built, it is told when anything is.
 */
export const deadStage: Rule = (stages, { target }) => {
  if (!stages.some(({ ran }) => ran)) return []
  const last = stages.length - 1
  const isRead = (index: number) => stages.some(other => other.stage.edges.some(edge => edge.stage === index))
  return stages.flatMap((stage): Finding[] => {
    const { index, targetable, named, name } = stage.stage
    if (index === target || index === last || targetable || isRead(index)) return []
    return [{ rule: 'dead-stage', taken: named ? name : '', ...placed(stage, stage.from.lines, 0, 'notice') }]
  })
}

/** Triggers that ran in this build: steps of one stage that stand in another, or in no file at all. */
export const onbuild: Rule = stages =>
  stages.flatMap((stage): readonly Finding[] => {
    const base = stage.stage.baseText
    const foreign: Finding[] =
      stage.foreignSteps > 0
        ? [{ rule: 'onbuild', foreign: stage.foreignSteps, base, ...placed(stage, stage.from.lines, stage.seconds) }]
        : []
    const triggers = (stage.parent?.instructions ?? []).filter(({ keyword }) => keyword === 'ONBUILD')
    const own = triggers.slice(0, stage.ran ? 1 : 0).map(({ source }): Finding => {
      return {
        rule: 'onbuild',
        foreign: 0,
        base: stage.stage.name,
        ...placed(stage.parent ?? stage, source.lines, stage.seconds)
      }
    })
    return [...foreign, ...own]
  })
