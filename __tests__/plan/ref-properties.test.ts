import fc from 'fast-check'
import { formatRef, parseRef, type RefIdentity } from '../../src/plan/ref'
import type { Scope } from '../../src/plan/scope'

const words = [...'OF BRANCH PR TAG ON V H UNNAMED _H_ _V_2 u ud800 2e _ __ _- / . -'.split(' '), ' ']
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit))
const text = fc.oneof(
  fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 8 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: anyUnit, maxLength: 12 }),
  fc.string({ minLength: 80, maxLength: 300 }),
  fc.constantFrom('main', 'feature/login', 'feature_login', 'x_BRANCH_y', '🐳/é', 'a'.repeat(90), '\ud83d', '\ufeff')
)
const stage = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-z0-9._-]{0,20}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z][a-z0-9._-]{80,140}$/) },
  { weight: 4, arbitrary: fc.constantFrom('stage-0', 'a', 'a_', 'a__', 'a__v_2', 'x_on_linux-arm64', 'linux-amd64') }
)
const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant<Scope>({ kind: 'default' }),
  text.map((name): Scope => ({ kind: 'branch', name })),
  text.map((name): Scope => ({ kind: 'tag', name })),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map((number): Scope => ({ kind: 'pull', number }))
)
const platform = fc.oneof(
  fc.constantFrom(
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
    'linux/arm',
    'linux/x86_64',
    'linux-amd64',
    'linux/arm-v7',
    'a.b'
  ),
  text
)
const prefix = fc.constantFrom('cache-', '', 'x_V_', 'a_')
const identity: fc.Arbitrary<RefIdentity> = fc.record({
  prefix,
  stage,
  named: fc.boolean(),
  begun: fc.boolean(),
  image: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: text }),
  scope,
  platforms: fc.oneof(fc.constant(['linux/amd64']), fc.array(platform, { maxLength: 3 })),
  version: fc.oneof(fc.constantFrom('', '2'), text)
})
const mutation = fc.record({ text, stage, scope, platform, kind: fc.nat(16) })
const swapped = (value: string) => value.replace(/[-_/.]/, found => ({ '-': '_', _: '/', '/': '.', '.': '-' })[found] ?? '')

/** One field changed a little: what an encoding that is not injective would mix up. */
function mutate(
  from: RefIdentity,
  by: { text: string; stage: string; scope: Scope; platform: string; kind: number }
): RefIdentity {
  const name = 'name' in from.scope ? from.scope.name : String('number' in from.scope ? from.scope.number : '')
  const changes: readonly Partial<RefIdentity>[] = [
    { named: !from.named },
    { begun: !from.begun },
    { stage: by.stage },
    { stage: `${from.stage}_` },
    { stage: swapped(from.stage).replaceAll('/', '_-') },
    { image: swapped(from.image ?? '') },
    { image: '', scope: { kind: 'branch', name: `${from.image}_BRANCH_${name}` } },
    { image: by.text },
    { scope: by.scope },
    { scope: { kind: 'branch', name } },
    { scope: { kind: 'tag', name } },
    { scope: { kind: 'branch', name: swapped(name) } },
    { scope: { kind: 'branch', name: `${name}_V_${from.version}` }, version: '' },
    { scope: { kind: 'branch', name: name.toUpperCase() } },
    { platforms: [...from.platforms, by.platform] },
    { platforms: [from.platforms.join('.')] },
    { version: swapped(from.version) }
  ]
  return { ...from, ...changes[by.kind % changes.length] }
}

function normalized({ image, begun, ...rest }: RefIdentity): RefIdentity {
  const platforms = [...new Set(rest.platforms)].filter(item => item !== '').sort()
  return { ...rest, ...(begun ? { begun } : {}), ...(image ? { image } : {}), platforms }
}

const same = (one: RefIdentity, other: RefIdentity) => {
  const ordered = ({ prefix: p, stage: s, named, begun, image, scope: o, platforms, version }: RefIdentity) =>
    JSON.stringify([
      p,
      s,
      named,
      begun ?? false,
      image ?? '',
      o.kind,
      'name' in o ? o.name : 'number' in o ? o.number : '',
      platforms,
      version
    ])
  return ordered(normalized(one)) === ordered(normalized(other))
}

test('a ref is a legal tag', () => {
  fc.assert(
    fc.property(identity, from => {
      expect(formatRef(from)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
    }),
    { numRuns: 2000 }
  )
})

test('a ref is read back as what it was made from', () => {
  fc.assert(
    fc.property(identity, from => {
      const parsed = parseRef(formatRef(from), from.prefix)
      if (parsed?.exact) expect(parsed.identity).toStrictEqual(normalized(from))
      else {
        expect(formatRef(from)).toMatch(/_H_[0-9a-f]{32}$/)
        expect(from.stage.startsWith(parsed?.stage ?? 'none')).toBe(true)
        expect(parsed?.scope ?? from.scope).toStrictEqual(from.scope)
      }
    }),
    { numRuns: 3000 }
  )
})

test('two that differ, however little, have different refs', () => {
  fc.assert(
    fc.property(identity, mutation, (from, by) => {
      const other = mutate(from, by)
      expect(formatRef(from) === formatRef(other)).toBe(same(from, other))
    }),
    { numRuns: 5000 }
  )
  fc.assert(
    fc.property(fc.array(identity, { minLength: 2, maxLength: 12 }), prefix, (many, shared) => {
      const refs = new Map<string, RefIdentity>()
      for (const from of many.map(item => ({ ...item, prefix: shared }))) {
        const other = refs.get(formatRef(from)) ?? from
        expect(same(from, other)).toBe(true)
        refs.set(formatRef(from), from)
      }
    })
  )
})

test('a text is ours only if formatRef makes it', () => {
  const pieces = fc.constantFrom(...words, ...'cache- base _BRANCH_ _PR_1 _TAG_ _ON_ _OF_ _UNNAMED linux-arm64 a _61'.split(' '))
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 10 }), parts => {
      const ref = `cache-base${parts.join('')}`
      const parsed = parseRef(ref, 'cache-')
      if (parsed?.exact) expect(formatRef(parsed.identity)).toBe(ref)
    }),
    { numRuns: 5000 }
  )
})

test('every short branch beside every short version has a ref of its own', () => {
  const alphabet = ['_', '-', '/', 'V', '2', 'a', 'é']
  const upTo = (length: number): string[] =>
    length === 0 ? [''] : ['', ...upTo(length - 1).flatMap(rest => alphabet.map(letter => letter + rest))]
  const branches = [...new Set(upTo(4))]
  const versions = [...new Set(upTo(1))]
  const refs = branches.flatMap(name =>
    versions.map(version =>
      formatRef({ prefix: '', stage: 'a', named: true, scope: { kind: 'branch', name }, platforms: ['linux/amd64'], version })
    )
  )
  expect(new Set(refs).size).toBe(branches.length * versions.length)
})
