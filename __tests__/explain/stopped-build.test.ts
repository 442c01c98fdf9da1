import type { StageResult, StepResult } from '../../src/explain/stage-result'
import { withStopped } from '../../src/explain/stopped-build'

const stage = (index: number, statuses: readonly StepResult['status'][], seconds: number): StageResult => {
  const steps = statuses.map((status, at): StepResult => ({
    number: at + 2,
    command: 'RUN x',
    line: at + 1,
    status,
    seconds: status === 'ran' ? seconds : 0
  }))
  const cached = statuses.filter(status => status === 'cached').length
  const status = cached === 0 ? 'miss' : cached === statuses.length ? 'hit' : 'partial'
  return { name: `s${index}`, index, platform: 'linux/amd64', status, steps, cached, seconds: 0, reason: null, refs: [] }
}

test('what ran to its end before the build was stopped ran, although the second finds it cached', () => {
  const stopped = [stage(0, ['ran'], 3), stage(1, ['ran', 'not-run'], 4), stage(2, ['not-run'], 0)]
  const second = [stage(0, ['cached'], 0), stage(1, ['cached', 'ran'], 5), stage(2, ['cached'], 0)]
  const results = withStopped(second, stopped)
  expect(results.map(({ status, cached, seconds }) => [status, cached, seconds])).toEqual([
    ['miss', 0, 3],
    ['miss', 0, 9],
    ['hit', 1, 0]
  ])
})

test('what was stopped before its end, or of another platform, says nothing', () => {
  const second = [stage(0, ['ran'], 5), stage(1, ['cached'], 0)]
  const stopped = [stage(0, ['ran'], 3), { ...stage(1, ['ran'], 3), platform: 'linux/arm64' }]
  expect(withStopped(second, stopped)).toMatchObject([
    { status: 'miss', seconds: 5 },
    { status: 'hit', cached: 1 }
  ])
})
