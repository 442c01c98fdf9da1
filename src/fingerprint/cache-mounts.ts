import { parseCacheMount } from '../dockerfile/cache-mount'
import type { UsedMount } from '../dockerfile/cache-mount'
import { flagValues, keywordOf } from '../dockerfile/instruction-text'
import { traceStages } from './trace-stages'
import type { TraceOptions } from './trace-stages'

/** Every cache mount of the needed stages' steps, Dockerfile order, one entry for each step. */
export function findCacheMounts(options: Omit<TraceOptions, 'onStep' | 'inputs'>): readonly UsedMount[] {
  const { platform } = options.settings
  const found: UsedMount[] = []
  traceStages({
    ...options,
    inputs: {},
    onStep(stage, { instruction }, expand) {
      if (keywordOf(instruction) !== 'RUN') return
      for (const value of flagValues(instruction, 'mount')) {
        const mount = parseCacheMount(value ?? '', expand)
        if (mount) found.push({ mount, uses: [{ stage: stage.index, line: instruction.lines.start, platform }] })
      }
    }
  })
  return found
}
