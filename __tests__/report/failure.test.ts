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
  [
    'failed: git in its own words, which fill several lines',
    {
      outcome: 'failure',
      error:
        "ERROR: failed to solve: error fetching default branch for repository https://git.example/app.git: git stderr:\nfatal: unable to access 'https://git.example/app.git/': Couldn't connect to server\n: exit status 128\n"
    },
    "buildx failed with: ERROR: failed to solve: error fetching default branch for repository https://git.example/app.git: git stderr: fatal: unable to access 'https://git.example/app.git/': Couldn't connect to server: exit status 128"
  ],
  [
    'failed: lines of the Dockerfile before the error are shown elsewhere',
    {
      outcome: 'failure',
      error: 'Dockerfile:2\n--------------------\n   2 | >>> RUN false\n--------------------\nERROR: exit code: 1\n'
    },
    'buildx failed with: ERROR: exit code: 1'
  ],
  [
    'failed: no error by name',
    { outcome: 'failure', error: 'one\nunknown flag: --x\n' },
    'buildx failed with: unknown flag: --x'
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
