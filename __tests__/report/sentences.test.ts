import type { Degradation, Reason } from '../../src/reasons'
import { reasonWords, whyWords } from '../../src/report/sentences'
import { remedyWords, troubleWords } from '../../src/report/sentences-troubles'
import { readFrom, writtenTo } from '../../src/report/routes'
import { plain } from '../../src/report/words'
import { because, refOf, stageOf, warm } from './samples'

test.each<[Reason, string]>([
  [{ code: 'file-changed', files: [{ path: 'package.json', how: 'changed' }], count: 1, line: 3 }, 'package.json changed'],
  [
    {
      code: 'file-changed',
      files: [
        { path: 'a', how: 'went' },
        { path: 'b', how: 'changed' },
        { path: 'c', how: 'appeared' },
        { path: 'd', how: 'changed' }
      ],
      count: 9
    },
    'b, d changed; c appeared; a went; and 5 more'
  ],
  [{ code: 'file-changed', files: [], count: 0, line: 7 }, 'files that line 7 reads changed'],
  [{ code: 'instruction-changed', line: 5 }, 'line 5 of the Dockerfile changed'],
  [
    { code: 'base-image-changed', from: `sha256:${'a'.repeat(64)}`, to: `sha256:${'b'.repeat(64)}` },
    'base image moved from sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb'
  ],
  [
    { code: 'base-image-changed', image: 'node:$MAJOR', from: `sha256:${'a'.repeat(64)}`, to: `sha256:${'b'.repeat(64)}` },
    'image node:$MAJOR moved from sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb'
  ],
  [{ code: 'build-arg-changed', names: ['A'] }, 'build argument A changed'],
  [{ code: 'build-arg-changed', names: ['A', 'B'] }, 'build arguments A, B changed'],
  [{ code: 'cache-evicted' }, 'saved before, but gone from the cache'],
  [{ code: 'first-build' }, 'first build, nothing was saved yet'],
  [{ code: 'cache-absent' }, 'nothing saved for this stage yet'],
  [{ code: 'cache-unreachable' }, 'its cache could not be read'],
  [{ code: 'rebuild-requested' }, 'rebuild asked for'],
  [{ code: 'parent-rebuilt', parent: 'python-deps' }, 'python-deps was rebuilt'],
  [{ code: 'parent-rebuilt', parent: 'python-deps', earlier: true }, 'python-deps changed since this stage was saved'],
  [{ code: 'unknown' }, 'cause not known']
])('reason %j', (reason, expected) => expect(plain(reasonWords(reason))).toBe(expected))

test.each([
  ['a hit', stageOf(0, 'a', 'cc'), ''],
  ['no steps', stageOf(0, 'a', ''), 'no steps of its own'],
  ['not run', stageOf(0, 'a', 'cn'), 'the build ended before it'],
  ['ended while it ran', stageOf(0, 'a', 'crn'), 'the build ended within it'],
  ['failed', stageOf(0, 'a', 'cf'), 'failed at line 3: COPY package.json package-lock.json ./'],
  ['cause not known: the place is', stageOf(0, 'a', 'cr'), 'ran from line 3 on: COPY package.json package-lock.json ./'],
  [
    'stopped in a step',
    stageOf(0, 'a', 'crsn'),
    'stopped at line 4, when the build ended: RUN npm ci --no-audit | tee /tmp/npm.log'
  ],
  ['stopped between steps', stageOf(0, 'a', 'crn', { status: 'not-run' }), 'the build ended within it'],
  ['not begun', stageOf(0, 'a', 'nn'), 'the build ended before it'],
  ['cause known', stageOf(0, 'a', 'cr', because({ code: 'rebuild-requested' })), 'rebuild asked for'],
  ['cause and place not known', stageOf(0, 'a', 'c', { status: 'unknown', reason: { code: 'unknown' } }), 'cause not known']
])('why: %s', (_, stage, expected) => expect(plain(whyWords(stage))).toBe(expected))

test.each([
  ['by-content', 'what it reads was rebuilt, now or in a build that failed, and came out as before'],
  ['holds-others', 'holds stages that its ref lacks'],
  ['stale', 'its ref held something else'],
  ['absent', 'had no ref there yet'],
  ['refresh', 'saved again, so that it is not evicted']
] as const)('why: a hit that was saved, %s', (cause, why) => {
  expect(plain(whyWords(stageOf(0, 'a', 'cc', { refs: [refOf('a', { exported: 'yes', cause })] })))).toBe(why)
  expect(plain(whyWords(stageOf(0, 'a', 'cc', { refs: [refOf('a')] })))).toBe('')
})

test.each<[Omit<Degradation, 'detail' | 'stage'> & { readonly detail?: string }, string, RegExp]>([
  [{ code: 'lookup-failed', backend: 'registry' }, 'Could not look up what is saved in the registry', /packages: read/u],
  [{ code: 'restore-failed', backend: 'local' }, 'Could not restore the local directory', /cache service/u],
  [{ code: 'save-failed', backend: 'local' }, 'Could not save the local directory', /cache service/u],
  [
    { code: 'restore-failed', backend: 'local', detail: "ENOTDIR: not a directory, mkdir '/cache/blobs/sha256'" },
    'Could not restore the local directory',
    /^(?!.*service).*cache-dir is a directory/u
  ],
  [
    { code: 'save-failed', backend: 'local', detail: "EACCES: permission denied, mkdir '/cache/blobs/sha256'" },
    'Could not save the local directory',
    /^(?!.*service).*cache-dir is a directory/u
  ],
  [
    { code: 'restore-failed', backend: 'local', detail: 'connect EACCES 10.0.0.1:443' },
    'Could not restore the local directory',
    /cache service/u
  ],
  [{ code: 'local-cache-broken', backend: 'local' }, 'Did not use the local directory: it was damaged', /Nothing to do/u],
  [{ code: 'record-failed', backend: 'gha' }, 'Could not read or write the record of what was saved', /cache service/u],
  [{ code: 'export-failed', backend: 'registry' }, 'app: not saved to the registry', /packages: write/u],
  [{ code: 'export-failed', backend: 'gha' }, 'app: not saved to GitHub’s cache', /reaches its cache service/u],
  [{ code: 'export-failed', backend: 'local' }, 'app: not saved to the local directory', /disk/u],
  [{ code: 'export-ran-steps', backend: 'gha' }, 'app: steps ran while saving to GitHub’s cache', /report/u],
  [
    { code: 'export-ran-steps', backend: 'gha', hadHit: true },
    'app: steps ran while saving to GitHub’s cache',
    /^Nothing to do: their results were known/u
  ],
  [{ code: 'import-failed', backend: 'registry' }, 'Could not read the cache of app from the registry', /packages: read/u],
  [
    {
      code: 'import-failed',
      backend: 'registry',
      detail: `failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:${'5'.repeat(64)} from remote: not found`
    },
    'Could not read the cache of app from the registry',
    /^(?!.*log).*A layer that it lists is gone/u
  ],
  [
    { code: 'write-not-allowed', backend: 'gha', why: 'read-only-token' },
    'This job may not write to GitHub’s cache',
    /cache-mode/u
  ],
  [{ code: 'write-not-allowed', backend: 'registry', why: 'fork' }, 'This job may not write to the registry', /forks/u],
  [
    { code: 'write-not-allowed', backend: 'registry', why: 'not-logged-in' },
    'This job may not write to the registry',
    /login-action/u
  ],
  [
    { code: 'write-not-allowed', backend: 'registry', why: 'not-permitted' },
    'This job may not write to the registry',
    /packages: write.*contents: read/u
  ],
  [
    { code: 'write-not-allowed', backend: 'registry', host: 'ghcr.io', why: 'not-permitted' },
    'This job may not write to the registry',
    /packages: write.*contents: read/u
  ],
  ...(['not-permitted', 'not-logged-in'] as const).map((why): [Omit<Degradation, 'detail'>, string, RegExp] => [
    { code: 'write-not-allowed', backend: 'registry', host: 'quay.io', why },
    'This job may not write to the registry',
    /^(?!.*(ghcr|packages)).* quay\.io .*may (not )?write/u
  ]),
  ...(['lookup-failed', 'import-failed', 'bring-in-failed', 'export-failed'] as const).map(
    (code): [Omit<Degradation, 'detail'>, string, RegExp] => [
      { code, backend: 'registry', host: 'registry.example:5000' },
      plain(troubleWords([{ code, backend: 'registry', stage: 'app' }])),
      /^(?!.*(ghcr|packages)).*logs in to registry\.example:5000 /u
    ]
  ),
  [
    { code: 'write-not-allowed', backend: 'gha', why: 'not-permitted' },
    'This job may not write to GitHub’s cache',
    /^(?!.*packages).*cache-mode/u
  ],
  [{ code: 'write-not-allowed', backend: 'gha', why: 'strangers-code' }, 'This job may not write to GitHub’s cache', /stranger/u],
  ...['connect ECONNREFUSED 127.0.0.1:9', 'dial tcp: lookup ghcr.oi: no such host', 'no answer within 10 s'].flatMap(
    (detail): [Degradation, string, RegExp][] => [
      [
        { code: 'lookup-failed', backend: 'registry', detail },
        'Could not look up what is saved in the registry',
        /^(?!.*log).*could not be reached: check its name/u
      ],
      [{ code: 'export-failed', backend: 'registry', detail }, 'app: not saved to the registry', /^(?!.*log).*runner reaches/u]
    ]
  ),
  [
    { code: 'import-failed', backend: 'registry', detail: 'ghcr.io answered 503 Service Unavailable for app/manifests/x' },
    'Could not read the cache of app from the registry',
    /^(?!.*log).*not well/u
  ],
  [
    { code: 'lookup-failed', backend: 'registry', detail: 'ghcr.io answered 401 Unauthorized for app/manifests/x' },
    'Could not look up what is saved in the registry',
    /logs in/u
  ],
  ...(['registry', 'gha', 'local'] as const).map(
    (backend): [Partial<Degradation> & Pick<Degradation, 'code'>, string, RegExp] => [
      {
        code: 'export-failed',
        backend,
        detail: 'failed to copy: write /var/lib/buildkit/content/ingest/b0/data: no space left on device'
      },
      `app: not saved to ${backend === 'registry' ? 'the registry' : backend === 'gha' ? 'GitHub’s cache' : 'the local directory'}`,
      /^(?!.*log)The disk is full: free space/u
    ]
  ),
  [{ code: 'write-not-allowed', backend: 'local' }, 'This job may not write to the local directory', /cache-dir/u],
  [
    { code: 'bring-in-failed', backend: 'local' },
    'app: newer in the local directory than the rest, but could not be read',
    /cache-dir/u
  ],
  ...(['restored', 'saved'] as const).map((done): [Partial<Degradation> & Pick<Degradation, 'code'>, string, RegExp] => [
    { code: `mount-${done === 'restored' ? 'restore' : 'save'}-failed`, backend: 'gha', detail: '429: Too Many Requests' },
    `Cache mount app could not be ${done}`,
    /^(?!.*disk).*too much to do/u
  ]),
  [
    {
      code: 'mount-save-failed',
      detail: 'failed to resolve source metadata for docker.io/library/busybox:1: 429 Too Many Requests'
    },
    'Cache mount app could not be saved',
    /cache-mounts-image/u
  ],
  ...(['record-failed', 'restore-failed'] as const).map(
    (code): [Partial<Degradation> & Pick<Degradation, 'code'>, string, RegExp] => [
      { code, backend: 'local', detail: '429: Too Many Requests' },
      plain(troubleWords([{ code, backend: 'local' }])),
      /^(?!.*space).*too much to do/u
    ]
  ),
  [{ code: 'cache-service-missing' }, 'This job has no cache service of GitHub', /cache-image/u]
])('trouble %j', (trouble, what, remedy) => {
  expect(plain(troubleWords([{ stage: 'app', ...trouble }]))).toBe(what)
  expect(plain(remedyWords({ detail: '', ...trouble }))).toMatch(remedy)
})

test.each([
  ['mount-restore-failed', 'Cache mounts /root/.cache/pip, /root/.npm could not be restored'],
  ['mount-save-failed', 'Cache mounts /root/.cache/pip, /root/.npm could not be saved'],
  ['mount-too-large', 'Cache mounts /root/.cache/pip, /root/.npm were not saved: they are too large']
] as const)('%s of several', (code, what) => {
  expect(
    plain(
      troubleWords([
        { code, mount: '/root/.cache/pip' },
        { code, mount: '/root/.npm' }
      ])
    )
  ).toBe(what)
})

describe('where a stage was read from and written to', () => {
  const brought = { ...warm, broughtIn: [{ stage: 'a', ref: refOf('a').ref }] }
  test.each([
    ['its own ref', brought, stageOf(0, 'a', 'c', { refs: [refOf('a', { imported: 'yes' })] }), 'registry cache-a'],
    ["the target's ref", warm, stageOf(0, 'a', 'c'), 'registry cache-runtime'],
    [
      'a ref that was brought in and holds it',
      { broughtIn: [{ stage: 'b', ref: refOf('b').ref }] },
      stageOf(0, 'a', 'c', { refs: [refOf('a', { imported: 'yes', readIn: refOf('b').ref })] }),
      'registry cache-b'
    ],
    ['a builder that kept it', {}, stageOf(0, 'a', 'c'), 'the builder itself'],
    ['nowhere, nothing was saved', {}, stageOf(0, 'a', 'r', { refs: [refOf('a', { imported: 'absent' })] }), 'nothing saved'],
    ['nowhere, reading failed', {}, stageOf(0, 'a', 'r', { refs: [refOf('a', { imported: 'failed' })] }), '⚠️ registry failed'],
    ['nowhere, it has no steps', warm, stageOf(0, 'a', ''), '–'],
    [
      'a registry with a port',
      { broughtIn: [{ stage: 'a', ref: 'localhost:5000/app' }] },
      stageOf(0, 'a', 'c', { refs: [refOf('a', { imported: 'yes', ref: 'localhost:5000/app' })] }),
      'registry localhost:5000/app'
    ]
  ])('read from %s', (_, report, stage, expected) => expect(plain(readFrom({ broughtIn: [], ...report }, stage))).toBe(expected))

  const gha = { backend: 'gha' as const }
  test.each([
    ['one backend', [refOf('a', { exported: 'yes', bytes: 2e6 })], 'registry (2.0 MB in all)'],
    ['one backend, all of it new', [refOf('a', { exported: 'yes', bytes: 2e6 + 900, newBytes: 2e6 })], 'registry (2.0 MB new)'],
    [
      'one backend, some of it new',
      [refOf('a', { exported: 'yes', bytes: 99e6, newBytes: 1e6 })],
      'registry (1.0 MB new of 99 MB)'
    ],
    ['one backend, nothing new', [refOf('a', { exported: 'yes', bytes: 99e6, newBytes: 0 })], 'registry (nothing new of 99 MB)'],
    ['two', [refOf('a', { exported: 'yes' }), refOf('a', { ...gha, exported: 'yes' })], 'registry, gha'],
    ['two, nothing changed', [refOf('a'), refOf('a', gha)], 'unchanged'],
    ['two, one failed', [refOf('a', { exported: 'failed' }), refOf('a', { ...gha, exported: 'yes' })], '⚠️ registry failed, gha'],
    ['left, the job was cancelled', [refOf('a', { exported: 'failed', left: true })], 'left to the post step'],
    ['not asked', [refOf('a', { exported: 'not-asked' })], '–'],
    ['not allowed', [refOf('a', { exported: 'not-allowed' })], 'not allowed'],
    ['no ref', [], '–']
  ])('written to: %s', (_, refs, expected) => expect(plain(writtenTo(stageOf(0, 'a', 'r', { refs })))).toBe(expected))
})
