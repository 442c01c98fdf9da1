import type { CachePlan } from '../../src/plan/cache-plan'
import type { FoundRef } from '../../src/plan/coverage'
import { planImports, renewedStages } from '../../src/plan/imports'
import type { Backend } from '../../src/reasons'
import { diamond, foundWith, main, onBranch, own, planOf, refOf } from '../helpers/plans'

/** `final@own:1 2 3` is the ref of stage final in scope own, found with blobs 1, 2 and 3; `gha/final@main` names the backend. */
function foundIn(plan: CachePlan, text: string): FoundRef {
  const [, backend = 'registry', stage = '', scope, blobs = ''] = /^(?:(\w+)\/)?([\w-]+)@(\w+):(.*)$/.exec(text) ?? []
  return foundWith(refOf(plan, stage, backend as Backend, scope === 'own' ? own : main), blobs)
}

function shown(found: FoundRef | undefined): string | undefined {
  if (!found) return undefined
  const { backend, stage, scope } = found.ref
  return `${backend === 'registry' ? '' : `${backend}/`}${stage}@${scope.kind === 'default' ? 'main' : 'own'}`
}

const cases: readonly {
  description: string
  dockerfile?: string
  inputs?: Readonly<Record<string, string>>
  backends?: readonly Backend[]
  found: readonly string[]
  rebuilt?: readonly string[]
  main?: string
  broughtIn?: readonly string[]
}[] = [
  { description: 'nothing found: nothing is imported', found: [] },
  {
    description: 'everything of the last complete build: the target alone',
    found: ['base@main:1', 'deps@main:1 2', 'tools@main:1 3', 'final@main:1 2 3 4'],
    main: 'final@main'
  },
  {
    description: 'a stage saved by a build that failed later is brought in',
    found: ['base@main:1', 'deps@main:1 9', 'tools@main:1 3', 'final@main:1 2 3 4'],
    main: 'final@main',
    broughtIn: ['deps@main']
  },
  {
    description: 'of newer stages only those that no other holds',
    found: ['base@main:8', 'deps@main:8 9', 'tools@main:8 7', 'final@main:1 2 3 4'],
    main: 'final@main',
    broughtIn: ['deps@main', 'tools@main']
  },
  {
    description: 'what a newer stage copies from, and another that has to run reads, is brought in too',
    dockerfile:
      'FROM scratch AS a\nCOPY x /\nFROM scratch AS b\nCOPY --from=a / /\nRUN y\nFROM scratch AS c\nCOPY --from=b / /\nCOPY --from=a / /\n',
    found: ['a@main:8', 'b@main:8 9', 'c@main:1 2 3'],
    main: 'c@main',
    broughtIn: ['b@main', 'a@main']
  },
  {
    description: 'not where only it reads that, or is FROM it',
    dockerfile:
      'FROM scratch AS a\nCOPY x /\nFROM scratch AS p\nCOPY z /\nFROM p AS b\nCOPY --from=a / /\nRUN y\nFROM scratch AS c\nCOPY --from=b / /\nCOPY --from=p / /\n',
    found: ['a@main:8', 'p@main:7', 'b@main:7 8 9', 'c@main:1 2 3'],
    main: 'c@main',
    broughtIn: ['b@main']
  },
  {
    description: 'two refs of the same content: the later stage',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM a AS b\nRUN y\nFROM b AS c\nRUN z\n',
    found: ['a@main:8', 'b@main:8'],
    broughtIn: ['b@main']
  },
  {
    description: 'no target ref: the stages alone, nothing in the main build',
    found: ['base@main:1', 'deps@main:1 2', 'tools@main:1 3'],
    broughtIn: ['deps@main', 'tools@main']
  },
  {
    description: 'the own scope comes before the default one',
    found: ['final@main:1 2 3 4', 'final@own:1 2 3 5'],
    main: 'final@own'
  },
  {
    description: 'refs behind the scope of the main import are not brought in',
    found: ['final@own:1 2 3 5', 'deps@main:1 9'],
    main: 'final@own'
  },
  {
    description: 'refs before the scope of the main import are',
    found: ['final@main:1 2 3 4', 'deps@own:1 9', 'deps@main:1 2', 'tools@main:1 3'],
    main: 'final@main',
    broughtIn: ['deps@own']
  },
  {
    description: 'a stage that is rebuilt is not brought in',
    found: ['final@main:1 2 3 4', 'deps@main:1 9', 'tools@main:1 8'],
    rebuilt: ['deps', 'final'],
    main: 'final@main',
    broughtIn: ['tools@main']
  },
  {
    description: 'two backends: the first that was asked for',
    backends: ['registry', 'gha'],
    found: ['gha/final@main:1 2 3 4', 'final@main:1 2 3 4', 'gha/deps@main:9'],
    main: 'final@main'
  },
  {
    description: 'the nearer scope goes before the first backend: one may be read-only here',
    backends: ['registry', 'gha'],
    found: ['final@main:1 2 3 4', 'gha/final@own:1 2 3 5', 'gha/tools@own:7'],
    main: 'gha/final@own',
    broughtIn: ['gha/tools@own']
  },
  {
    description: 'a backend with the target goes before one with stages alone',
    backends: ['registry', 'gha'],
    found: ['deps@main:1 2', 'gha/final@main:1 2 3 4'],
    main: 'gha/final@main'
  },
  {
    description: 'no target anywhere: the first backend that has anything',
    backends: ['registry', 'gha'],
    found: ['gha/deps@main:1 2'],
    broughtIn: ['gha/deps@main']
  },
  {
    description: 'a target without steps is held by the stage it is made from',
    dockerfile: `${diamond}FROM final AS alias\nFROM alias\n`,
    found: ['base@main:1', 'deps@main:1 2', 'tools@main:1 3', 'final@main:1 2 3 4'],
    main: 'final@main'
  },
  {
    description: 'a target of an image alone needs nothing',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM alpine\n',
    found: []
  },
  {
    description: 'a target left out of the cache: what there is of the others',
    inputs: { 'cache-stages': '!final' },
    found: ['base@main:1', 'deps@main:1 2'],
    broughtIn: ['deps@main']
  }
]

test.each(cases)(
  '$description',
  ({ dockerfile = diamond, inputs = {}, backends = ['registry'], found, rebuilt = [], ...expected }) => {
    const plan = planOf(dockerfile, { inputs, backends, scopes: onBranch })
    const refs = found.map(text => foundIn(plan, text))
    const imports = planImports(plan, refs, new Set(rebuilt))
    expect({ main: shown(imports.main), broughtIn: imports.broughtIn.flatMap(one => [one, ...one.also]).map(shown) }).toEqual({
      main: expected.main,
      broughtIn: expected.broughtIn ?? []
    })
    // The order in which backends answered makes no difference.
    expect(planImports(plan, [...refs].reverse(), new Set(rebuilt))).toEqual(imports)
  }
)

describe('stages that were saved after the main import', () => {
  const plan = planOf(diamond)
  const renewedBy = (main: readonly FoundRef[], found: readonly string[], stale: readonly string[] = []) => {
    const imports = planImports(plan, [...main, ...found.map(text => foundIn(plan, text))], new Set())
    return [
      ...renewedStages(
        imports,
        imports.broughtIn.filter(({ ref }) => !stale.includes(ref.stage))
      )
    ].sort()
  }
  const target = foundIn(plan, 'final@main:1 2 3')

  test('none where it holds all', () => expect(renewedBy([target], ['base@main:1', 'deps@main:1 2'])).toEqual([]))
  test('those whose older content a joined one holds', () =>
    expect(renewedBy([{ ...target, joined: { older: ['base'] } }], ['base@main:1'])).toEqual(['base']))
  test('those brought in, with what they hold', () =>
    expect(renewedBy([target], ['base@main:4', 'deps@main:4 5', 'tools@main:1 3'])).toEqual(['base', 'deps']))
  test('none that turned out to be of other content', () =>
    expect(renewedBy([target], ['base@main:4', 'deps@main:4 5'], ['deps'])).toEqual([]))
  test('none without a main import', () => expect(renewedBy([], ['base@main:1', 'deps@main:1 2'])).toEqual([]))
})

test('what was saved last is brought in first, and before it what is of a nearer scope: the others may be of what they were made from before', () => {
  const plan = planOf(diamond, { backends: ['gha'], scopes: onBranch })
  const saved = (stage: string, exportedAt?: number, scope = main) => ({
    ref: refOf(plan, stage, 'gha', scope),
    id: stage,
    ...(exportedAt === undefined ? {} : { exportedAt })
  })
  const order = (...found: readonly FoundRef[]) => planImports(plan, found, new Set()).broughtIn.map(({ ref }) => ref.stage)
  expect(order(saved('base', 3), saved('deps', 1), saved('tools', 2))).toEqual(['base', 'tools', 'deps'])
  expect(order(saved('base'), saved('deps'), saved('tools'))).toEqual(['base', 'deps', 'tools'])
  expect(order(saved('base', 1), saved('deps', 3), saved('tools', 2, own))).toEqual(['tools', 'deps', 'base'])
})

test('gha refs are known by what the record says they held', () => {
  const plan = planOf(diamond, { backends: ['gha'] })
  const [deps, final] = [refOf(plan, 'deps', 'gha'), refOf(plan, 'final', 'gha')]
  const imports = (depsId: string) =>
    planImports(
      plan,
      [
        { ref: deps, id: depsId },
        { ref: final, id: 'f1', held: { [deps.name]: 'd1' } }
      ],
      new Set()
    ).broughtIn.map(({ ref }) => ref.stage)
  expect(imports('d1')).toEqual([])
  expect(imports('d2')).toEqual(['deps'])
})
