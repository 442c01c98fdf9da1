import { failureText } from '../../src/report/failure'
import type { BuildReport } from '../../src/report/report'
import { refOf, reportOf, stageOf } from './samples'

const saved = stageOf(0, 'base', 'rr', { refs: [refOf('base', { exported: 'yes' })] })
const left = { stage: 'deps', backend: 'registry' as const, exported: 'left' as const, seconds: 4 }

test.each<[string, Partial<BuildReport>, string]>([
  [
    'failed: what buildx said last',
    { outcome: 'failure', error: 'WARNING: x\nERROR: failed to solve: exit code: 2\n' },
    'buildx failed with: ERROR: failed to solve: exit code: 2'
  ],
  ['failed without a word', { outcome: 'failure', error: '' }, 'buildx failed with: exit code 2'],
  ['cancelled', { outcome: 'cancelled' }, 'The job was cancelled. Saved: base.'],
  [
    'cancelled, nothing saved',
    { outcome: 'cancelled', stages: [stageOf(0, 'base', 'rs')] },
    'The job was cancelled. Nothing was saved.'
  ],
  [
    'cancelled while saving',
    { outcome: 'cancelled', exports: [left, { ...left, backend: 'gha' }] },
    'The job was cancelled. Saved: base. The post step goes on with 1 stage: deps.'
  ]
])('%s', (_, difference, expected) => expect(failureText(reportOf([saved], difference), 2)).toBe(expected))
