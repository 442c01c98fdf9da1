import type { StageResult } from '../../src/explain/stage-result'
import type { BuildReport } from '../../src/report/report'
import { because, began, refOf, reportOf, stageOf, warm } from './samples'

/** examples/web-app: runtime copies from the dependencies and from what was built. */
const webEdges: BuildReport['edges'] = [
  { reader: 1, read: 0, kind: 'from' },
  { reader: 2, read: 0, kind: 'from' },
  { reader: 3, read: 2, kind: 'from' },
  { reader: 4, read: 0, kind: 'from' },
  { reader: 4, read: 1, kind: 'copy' },
  { reader: 4, read: 3, kind: 'copy' }
]

/** Builds as people have them, by name: each has a golden summary, log table and outputs. */
export const builds: Readonly<Record<string, BuildReport>> = {
  hit: reportOf(
    [
      stageOf(0, 'base', ''),
      ...['python-deps', 'node-deps', 'builder'].map((name, index) =>
        stageOf(index + 1, name, 'c'.repeat(index + 2), {
          refs: [refOf(name, { imported: 'yes', readIn: 'ghcr.io/acme/web-app:cache-runtime' })]
        })
      ),
      stageOf(4, 'runtime', 'cccc', { refs: [refOf('runtime', { imported: 'yes' })] })
    ],
    {
      ...warm,
      edges: webEdges,
      record: { state: 'uploaded', name: 'acme~web-app~JMSVDT.dockerbuild', bytes: 10_726, artifact: 7, run: 1001 },
      seconds: { total: 1.4, build: 0.9, exports: 0, own: 0.2 }
    }
  ),
  cold: reportOf(
    ['base', 'python-deps', 'node-deps', 'builder', 'runtime'].map((name, index) =>
      stageOf(index, name, ['', 'rr', 'rrr', 'rrrr', 'rrrr'][index] ?? '', {
        ...(index === 0 ? {} : because({ code: 'first-build' })),
        refs: index === 0 ? [] : [refOf(name, { imported: 'absent', exported: 'yes', bytes: 207618048 / index })]
      })
    ),
    { edges: webEdges, seconds: { total: 161.2, build: 148.9, exports: 11.8, own: 0.3 } }
  ),
  edit: reportOf(
    [
      stageOf(0, 'base', ''),
      stageOf(1, 'python-deps', 'cc', {
        expected: 'hit',
        saved: { seconds: 41.2, unknownSteps: 0 },
        madeOf: { files: [{ sources: ['requirements.txt'], count: 1 }], arguments: ['PIP_INDEX'], images: ['python:3.12'] }
      }),
      stageOf(2, 'node-deps', 'ccc', { expected: 'hit', saved: { seconds: 12.1, unknownSteps: 1 } }),
      stageOf(3, 'builder', 'cccrr', {
        ...because({
          code: 'file-changed',
          files: [
            { path: 'src/app.ts', how: 'changed' },
            { path: 'src/`new`|.ts', how: 'appeared' }
          ],
          count: 2,
          step: 5,
          line: 29
        }),
        expected: 'rebuild',
        madeOf: {
          files: [
            { sources: ['package.json', 'package-lock.json'], count: 2 },
            { sources: ['.'], count: 310 }
          ],
          arguments: [],
          images: []
        },
        refs: [refOf('builder', { exported: 'yes', bytes: 1_482_113, newBytes: 1_400_000 })]
      }),
      stageOf(4, 'runtime', 'ccr', {
        ...because({ code: 'parent-rebuilt', parent: 'builder', step: 4, line: 35 }),
        expected: 'hit',
        refs: [refOf('runtime', { imported: 'yes', exported: 'yes', bytes: 402_118_048, newBytes: 21_000_000 })]
      })
    ],
    {
      ...warm,
      edges: webEdges,
      broughtIn: [{ stage: 'node-deps', ref: 'ghcr.io/acme/web-app:cache-node-deps', started: began, seconds: 2.4 }],
      exports: ['builder', 'runtime'].map((stage, place) => ({
        stage,
        backend: 'registry' as const,
        exported: 'yes' as const,
        started: began + 90_000,
        seconds: 4.1 + place * 3
      }))
    }
  ),
  failed: reportOf(
    [
      stageOf(0, 'base', ''),
      stageOf(1, 'python-deps', 'cc'),
      stageOf(2, 'node-deps', 'crr', because({ code: 'cache-absent' })),
      stageOf(3, 'builder', 'cfnn'),
      stageOf(4, 'docs', 'csn'),
      stageOf(5, 'runtime', 'nnn', {
        refs: [refOf('runtime', { imported: 'yes', exported: 'not-asked', tookIn: ['node-deps', 'builder'] })]
      })
    ],
    {
      ...warm,
      beginnings: [
        { stage: 'builder', steps: 1, of: 4, refs: [{ backend: 'registry', ref: 'ghcr.io/acme/web-app:cache-builder_BEGUN' }] }
      ],
      outcome: 'failure',
      image: { imageid: '', digest: '', tags: ['ghcr.io/acme/web-app:1.4.2'] },
      failedOutput: [
        '------',
        ' > [builder 3/5] RUN npm run build:',
        '0.412 src/server.ts(12,7): error TS2322: Type `string` is not assignable to type `number`.',
        '0.413 ```',
        '------'
      ],
      error: [
        'Dockerfile:27',
        '--------------------',
        '  25 |     COPY . .',
        '  26 |     ',
        '  27 | >>> RUN npm run build',
        '  28 |     ',
        '--------------------',
        'ERROR: failed to solve: process "/bin/sh -c npm run build" did not complete successfully: exit code: 2'
      ].join('\n')
    }
  ),
  cancelled: reportOf(
    [
      stageOf(0, 'base', ''),
      stageOf(1, 'python-deps', 'cc'),
      stageOf(2, 'deps', 'rr', { refs: [refOf('deps', { exported: 'yes', bytes: 5_000_000, newBytes: 400_000 })] }),
      stageOf(3, 'builder', 'crs', { status: 'not-run', refs: [refOf('builder', { exported: 'not-asked' })] }),
      stageOf(4, 'runtime', 'nn')
    ],
    {
      ...warm,
      exports: [{ stage: 'tools', backend: 'registry', exported: 'left', seconds: 4 }],
      outcome: 'cancelled',
      interrupted: true,
      image: { imageid: '', digest: '', tags: [] }
    }
  ),
  'cancelled-while-it-saved': reportOf(
    [
      stageOf(0, 'deps', 'rr', { refs: [refOf('deps', { exported: 'yes', bytes: 5_000_000, newBytes: 400_000 })] }),
      stageOf(1, 'app', 'rr', { refs: [refOf('app', { exported: 'failed', left: true })] })
    ],
    {
      exports: [{ stage: 'app', backend: 'registry', exported: 'left', seconds: 4 }],
      degradations: [{ code: 'export-left', backend: 'registry', stage: 'app', detail: '' }],
      interrupted: true
    }
  ),
  'failed-and-cancelled-while-it-saved': reportOf(
    [
      stageOf(0, 'deps', 'rr', { refs: [refOf('deps', { exported: 'failed', left: true })] }),
      stageOf(1, 'app', 'rf', { status: 'failed', refs: [refOf('app', { exported: 'not-asked' })] })
    ],
    {
      exports: [{ stage: 'deps', backend: 'registry', exported: 'left', seconds: 4 }],
      outcome: 'failure',
      error: 'ERROR: failed to solve: exit code: 2',
      interrupted: true,
      image: { imageid: '', digest: '', tags: [] }
    }
  ),
  'cancelled-before-anything': reportOf([], {
    outcome: 'cancelled',
    image: { imageid: '', digest: '', tags: [] },
    builder: { name: '', driver: '', reason: '' },
    seconds: { total: 0.2, build: 0, exports: 0, own: 0.2 }
  }),
  'several-platforms': reportOf(
    ['base', 'deps', 'app'].flatMap((name, index) =>
      ['linux/amd64', 'linux/arm64'].map((platform, place) =>
        stageOf(index, name, ['', 'cc', place === 0 ? 'ccc' : 'crr'][index] ?? '', { platform })
      )
    ),
    { ...warm, target: 'app' }
  ),
  degraded: reportOf(
    [
      stageOf(0, 'base', ''),
      stageOf(1, 'python-deps', 'rr', {
        ...because({ code: 'cache-unreachable' }),
        refs: [
          refOf('python-deps', { imported: 'failed', exported: 'failed' }),
          refOf('python-deps', { backend: 'gha', ref: 'web-app-cache-python-deps', exported: 'yes', bytes: 52_000_000 })
        ]
      }),
      stageOf(2, 'runtime', 'cr', {
        ...because({ code: 'parent-rebuilt', parent: 'python-deps' }),
        refs: [
          refOf('runtime', { imported: 'failed', exported: 'failed' }),
          refOf('runtime', { backend: 'gha', ref: 'web-app-cache-runtime', imported: 'yes', exported: 'not-allowed' })
        ]
      })
    ],
    {
      imported: { backend: 'gha', ref: 'web-app-cache-runtime', scope: 'pull request 17' },
      degradations: [
        {
          code: 'lookup-failed',
          backend: 'registry',
          detail: 'GET https://ghcr.io/v2/acme/web-app/manifests/cache-runtime: 503 Service Unavailable'
        },
        ...['python-deps', 'runtime'].map(stage => ({
          code: 'export-failed' as const,
          backend: 'registry' as const,
          stage,
          detail: 'error writing manifest: denied: permission_denied: write_package'
        })),
        { code: 'record-failed', backend: 'gha' as const, detail: '' },
        { code: 'mount-restore-failed', mount: '/root/.cache/pip', detail: 'not done within 15 s' }
      ]
    }
  ),
  'two-hundred-stages': reportOf(
    Array.from({ length: 200 }, (_, index): StageResult => stageOf(index, `stage-${index}`, index % 60 === 59 ? 'ccrr' : 'cccc')),
    { ...warm, target: 'stage-199' }
  )
}
