import { stageChanges } from '../../src/explain/changes'
import { stagesOf, viewOf } from './builds'
import type { Build } from './builds'

/** For each stage its differences: `base`, or the place of the step, and what it is. */
export function differences(before: Build, now: Build): readonly string[] {
  const view = viewOf(before, now)
  return stagesOf(now).needed.flatMap(stage => {
    const changes = stageChanges(stage, 'linux/amd64', view)
    if (!changes) return [`${stage.name}: not recorded`]
    const all = [changes.base, ...changes.steps]
    return all.flatMap((difference, at) => {
      if (!difference) return []
      const { kind, ...rest } = difference
      return [`${stage.name} ${at === 0 ? 'base' : at - 1}: ${kind} ${JSON.stringify(Object.values(rest))}`]
    })
  })
}
