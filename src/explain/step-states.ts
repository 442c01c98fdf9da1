import type { Stage } from '../dockerfile/dockerfile'
import type { StepState } from '../plan/prefetch'
import type { StageResult } from './stage-result'

/** How each step of a stage stands, by its line, all platforms together. */
export function stepStates(stage: Stage, results: readonly StageResult[]): ReadonlyMap<number, StepState> {
  const states = new Map<number, StepState>()
  const order: readonly StepState[] = ['cached', 'ran', 'waiting', 'working']
  for (const { line, status, started } of results.filter(({ index }) => index === stage.index).flatMap(({ steps }) => steps)) {
    if (line === undefined) continue
    const state = status === 'cached' || status === 'ran' ? status : started === undefined ? 'waiting' : 'working'
    const known = states.get(line) ?? 'cached'
    states.set(line, order.indexOf(state) > order.indexOf(known) ? state : known)
  }
  return states
}
