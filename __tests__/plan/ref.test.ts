import { checkPrefix, formatRef, ownsName, parseRef, type RefIdentity } from '../../src/plan/ref'
import type { Scope } from '../../src/plan/scope'

const plain: RefIdentity = {
  prefix: 'cache-',
  stage: 'python-deps',
  named: true,
  scope: { kind: 'default' },
  platforms: ['linux/amd64'],
  version: ''
}

const readable: readonly [ref: string, identity: Partial<RefIdentity>][] = [
  ['cache-python-deps', {}],
  ['python-deps', { prefix: '' }],
  ['cache-stage-0', { stage: 'stage-0' }],
  ['cache-stage-0_UNNAMED', { stage: 'stage-0', named: false }],
  ['cache-stage-0_UNNAMED_ON_linux-arm64', { stage: 'stage-0', named: false, platforms: ['linux/arm64'] }],
  ['cache-a_', { stage: 'a_' }],
  ['cache-a__V_2', { stage: 'a_', version: '2' }],
  ['cache-a__v_2', { stage: 'a__v_2' }],
  ['cache-python-deps_OF_acme__app', { image: 'acme/app' }],
  ['cache-python-deps_BRANCH_feature__login', { scope: { kind: 'branch', name: 'feature/login' } }],
  ['cache-python-deps_BRANCH_x_-BRANCH_-y', { scope: { kind: 'branch', name: 'x_BRANCH_y' } }],
  ['cache-python-deps_BRANCH___V__2', { scope: { kind: 'branch', name: '/V/2' } }],
  ['cache-python-deps_BRANCH_caf_c3_a9', { scope: { kind: 'branch', name: 'café' } }],
  ['cache-python-deps_BRANCH__f0_9f_90_b3', { scope: { kind: 'branch', name: '🐳' } }],
  ['cache-python-deps_BRANCH__ud800', { scope: { kind: 'branch', name: '\ud800' } }],
  ['cache-python-deps_PR_12', { scope: { kind: 'pull', number: 12 } }],
  ['cache-python-deps_TAG_v1.0', { scope: { kind: 'tag', name: 'v1.0' } }],
  ['cache-python-deps_ON_linux-arm64', { platforms: ['linux/arm64'] }],
  ['cache-python-deps_ON_linux-amd64.linux-arm-v7', { platforms: ['linux/amd64', 'linux/arm/v7'] }],
  ['cache-python-deps_ON_windows_2810.0_29-amd64'.replace('10.0', '10_2e0'), { platforms: ['windows(10.0)/amd64'] }],
  ['cache-python-deps_ON_', { platforms: [] }],
  ['cache-python-deps_V_2', { version: '2' }],
  [
    'cache-python-deps_OF_acme__app_BRANCH_feature__login_ON_linux-arm64_V_2',
    { image: 'acme/app', scope: { kind: 'branch', name: 'feature/login' }, platforms: ['linux/arm64'], version: '2' }
  ]
]

test.each(readable)('%s', (ref, changes) => {
  const identity = { ...plain, ...changes }
  expect(formatRef(identity)).toBe(ref)
  expect(parseRef(ref, identity.prefix)).toStrictEqual({ exact: true, identity })
})

test('platforms are a set', () => {
  const ref = formatRef({ ...plain, platforms: ['linux/arm64', 'linux/amd64', 'linux/arm64'] })
  expect(ref).toBe('cache-python-deps_ON_linux-amd64.linux-arm64')
  expect(formatRef({ ...plain, platforms: ['linux/amd64', 'linux/amd64'] })).toBe('cache-python-deps')
})

describe('a ref that is too long', () => {
  const long = 'x'.repeat(200)
  const tail = /_H_[0-9a-f]{32}$/

  test('keeps its beginning', () => {
    const ref = formatRef({ ...plain, scope: { kind: 'branch', name: `feature/${long}` } })
    expect(ref).toMatch(/^cache-python-deps_BRANCH_feature__x{59}_H_[0-9a-f]{32}$/)
    expect(ref).toHaveLength(128)
    expect(parseRef(ref, 'cache-')).toStrictEqual({ exact: false, stage: 'python-deps' })
  })

  test('shows its scope when all of it is there', () => {
    const scopes: readonly Scope[] = [{ kind: 'default' }, { kind: 'pull', number: 12 }, { kind: 'branch', name: 'a_b/c' }]
    for (const scope of scopes) {
      const ref = formatRef({ ...plain, scope, version: long })
      expect(parseRef(ref, 'cache-')).toStrictEqual({ exact: false, stage: 'python-deps', scope })
    }
  })

  test('cuts a stage only when it must', () => {
    const ref = formatRef({ ...plain, stage: `s${long}`, version: '2' })
    expect(ref).toMatch(tail)
    expect(parseRef(ref, 'cache-')).toStrictEqual({ exact: false, stage: `s${'x'.repeat(86)}` })
  })

  test('differs where only the hidden end does', () => {
    const refs = ['1', '2'].map(end => formatRef({ ...plain, version: `${long}${end}` }))
    expect(new Set(refs).size).toBe(2)
    expect(formatRef({ ...plain, stage: `s${long}`, named: false })).not.toBe(formatRef({ ...plain, stage: `s${long}` }))
  })

  test('is never what a short one with such a text in it is', () => {
    const branch = `feature/H ${'a'.repeat(30)}`
    const identity: RefIdentity = { ...plain, scope: { kind: 'branch', name: branch } }
    expect(formatRef(identity)).toMatch(tail)
    expect(parseRef(formatRef(identity), 'cache-')).toStrictEqual({ exact: true, identity })
  })
})

test.each([
  'latest',
  'cache-',
  'cache-1.0',
  'cache-Base',
  'cache-base_',
  'cache-base_X_1',
  'cache-base_BRANCH_a_b',
  'cache-base_BRANCH_a_61',
  'cache-base_BRANCH__ff',
  'cache-base_BRANCH__ud83d_udc33',
  'cache-base_PR_012',
  'cache-base_PR_x',
  'cache-base_PR_1_TAG_v1',
  'cache-base_V_2_PR_1',
  'cache-base_V_',
  'cache-base_OF_',
  'cache-base_ON_linux-amd64',
  'cache-base_ON_linux-arm64.linux-amd64',
  'cache-base_UNNAMED_',
  'cache-base_H_abc',
  `cache-base_H_${'a'.repeat(32)}_V_2`,
  `cache-${'a'.repeat(123)}`,
  'cache-base\n',
  'cache-base,ref=x'
])('%j is none of ours', text => {
  // `cache-base_` is a stage's name, the only one here that is: BuildKit allows an underscore at the end.
  const parsed = parseRef(text, 'cache-')
  if (text === 'cache-base_') expect(parsed).toMatchObject({ exact: true, identity: { stage: 'base_' } })
  else expect(parsed).toBeUndefined()
})

test.each([
  ['', undefined],
  ['cache-', undefined],
  ['_x.Y-', undefined],
  ['p'.repeat(60), undefined],
  ['p'.repeat(61), 'is 61 characters long: at most 60 leave room for the stage'],
  ['.x', 'starts with ".": a tag starts with a letter, a digit or "_"'],
  ['-x', 'starts with "-": a tag starts with a letter, a digit or "_"'],
  ['a/b', 'has "/" in it: a tag is made of letters, digits, "_", "." and "-"'],
  ['a\n', 'has "\\n" in it: a tag is made of letters, digits, "_", "." and "-"'],
  ['a🐳', 'has "🐳" in it: a tag is made of letters, digits, "_", "." and "-"']
])('prefix %j', (prefix, problem) => {
  expect(checkPrefix(prefix)).toBe(problem)
})

test.each([
  { prefix: '-x', stage: 'base' },
  { prefix: '', stage: 'Base' },
  { prefix: '', stage: '' },
  { prefix: '', stage: 'base,mode=max' },
  { prefix: '', stage: 'base\n' }
])('no ref is made of %j', changes => {
  expect(() => formatRef({ ...plain, ...changes })).toThrow(TypeError)
})

test('an unnamed stage has its plain name unless a named one is spelled like it', () => {
  const unnamed = { name: 'stage-1', named: false }
  const base = { name: 'base', named: true }
  const twin = { name: 'stage-1', named: true }
  expect(ownsName(unnamed, [base, unnamed])).toBe(true)
  expect(ownsName(unnamed, [twin, unnamed])).toBe(false)
  expect(ownsName(twin, [twin, unnamed])).toBe(true)
})
