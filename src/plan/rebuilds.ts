import type { Stage } from '../dockerfile/dockerfile'

/**
 * Input `rebuild-stages` and every needed stage that depends on one of them, Dockerfile order. BuildKit's --no-cache-filter alone
 * would leave a stage that copies from a rebuilt one cached where the copied files came out the same.
 */
export function planRebuilds(needed: readonly Stage[], asked: readonly string[]): readonly Stage[] {
  const rebuilt = new Set<number>()
  // Edges lead to earlier stages only, so one pass finds all.
  for (const stage of needed) {
    if (asked.includes(stage.name) || stage.edges.some(edge => rebuilt.has(edge.stage))) rebuilt.add(stage.index)
  }
  return needed.filter(stage => rebuilt.has(stage.index))
}
