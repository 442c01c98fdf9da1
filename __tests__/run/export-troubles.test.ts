import type { CacheRef } from '../../src/plan/cache-plan'
import type { Backend } from '../../src/reasons'
import type { ExportOutcome } from '../../src/run/export-build'
import { exportTroubles } from '../../src/run/export-troubles'

const outcome = (backend: Backend, stage: string, detail: string): ExportOutcome => ({
  stage,
  ref: { backend, name: stage, stage } as CacheRef,
  exported: 'not-allowed',
  seconds: 1,
  ranSteps: [],
  detail
})

const refused = 'error writing layer blob: failed to reserve cache'

test.each([
  ['the job may only read', { ACTIONS_CACHE_MODE: 'read' }, refused, [], 'read-only-token'],
  ['nothing says so', {}, refused, [], 'not-permitted'],
  ['it was not tried', {}, '', [{ backend: 'gha', why: 'strangers-code' }], 'strangers-code'],
  ['it was not tried, for no want of permission', {}, '', [], undefined]
] as const)('a refusal of GitHub’s cache, reported once: %s', (_, env, detail, notWritten, why) => {
  const troubles = exportTroubles({ env }, [outcome('gha', 'base', detail), outcome('gha', 'app', '')], { notWritten }, new Set())
  expect(troubles).toEqual([{ code: 'write-not-allowed', backend: 'gha', ...(why ? { why } : {}), detail }])
})

test('a refusal of the registry and one of GitHub’s cache are two', () => {
  const outcomes = [outcome('gha', 'app', refused), outcome('registry', 'app', '401 Unauthorized')]
  expect(exportTroubles({ env: {} }, outcomes, { notWritten: [] }, new Set()).map(({ backend, why }) => [backend, why])).toEqual([
    ['gha', 'not-permitted'],
    ['registry', 'not-logged-in']
  ])
})

test('steps that the build itself had run are not to run for an export', () => {
  const saved = { ...outcome('registry', 'app', ''), exported: 'yes' as const, ranSteps: ['[app 2/3] COPY', '[app 3/3] RUN'] }
  const hadHit = (...ranBefore: readonly string[]) =>
    exportTroubles({ env: {} }, [saved], { notWritten: [] }, new Set(ranBefore)).map(trouble => trouble.hadHit)
  expect([hadHit(), hadHit('[app 3/3] RUN')]).toEqual([[true], [false]])
})
