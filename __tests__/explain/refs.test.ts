import { explainRefs } from '../../src/explain/refs'
import type { RefFacts } from '../../src/explain/refs'
import type { StageResult } from '../../src/explain/stage-result'
import type { FoundRef } from '../../src/plan/coverage'
import type { Backend } from '../../src/reasons'
import { diamond, foundWith, main, onBranch, own, planOf, refOf } from '../helpers/plans'

const plan = planOf(diamond, { backends: ['registry', 'gha'], scopes: onBranch })
const ref = (stage: string, scope = own, backend: Backend = 'registry') => refOf(plan, stage, backend, scope)
const ownName = 'ghcr.io/acme/app:cache-deps_BRANCH_own'
const finalName = ownName.replace('deps', 'final')
const mainName = 'ghcr.io/acme/app:cache-deps'
const depsOwn = foundWith(ref('deps'), '1 2')
const depsMain = foundWith(ref('deps', main), '1 2')
const final = foundWith(ref('final'), '1 2 3')

const nothing: RefFacts = {
  plan,
  found: [],
  imports: { broughtIn: [] },
  failedImports: new Set(),
  unreachable: [],
  outcomes: [],
  exportsOff: false
}

const cases: readonly {
  description: string
  status?: StageResult['status']
  facts: Partial<RefFacts>
  /** Rows of the registry: `name imported exported bytes`, and the ref that held it. */
  expected: readonly string[]
}[] = [
  {
    description: 'first build, saved',
    status: 'miss',
    facts: { outcomes: [{ ref: ref('deps'), exported: 'yes', bytes: 7 }] },
    expected: [`${ownName} absent yes 7`]
  },
  {
    description: 'first build, not saved',
    status: 'miss',
    facts: { outcomes: [{ ref: ref('deps'), exported: 'failed' }] },
    expected: [`${ownName} absent failed`]
  },
  {
    description: 'may not be written',
    status: 'miss',
    facts: { outcomes: [{ ref: ref('deps'), exported: 'not-allowed' }] },
    expected: [`${ownName} absent not-allowed`]
  },
  {
    description: 'a hit by way of the target',
    facts: { found: [depsOwn, final], imports: { main: final, broughtIn: [] } },
    expected: [`${ownName} yes unchanged 10 in ${finalName}`]
  },
  {
    description: 'brought in by a build of its own',
    facts: {
      found: [foundWith(ref('deps'), '1 9'), final],
      imports: { main: final, broughtIn: [foundWith(ref('deps'), '1 9')] }
    },
    expected: [`${ownName} yes unchanged 10`]
  },
  {
    description: 'found, and of no use',
    status: 'miss',
    facts: { found: [foundWith(ref('deps'), '1 9'), final], imports: { main: final, broughtIn: [] } },
    expected: [`${ownName} not-asked not-asked 10`]
  },
  {
    description: 'found in another scope: read there, written here',
    status: 'miss',
    facts: { found: [depsMain], imports: { broughtIn: [depsMain] }, outcomes: [{ ref: ref('deps'), exported: 'yes', bytes: 8 }] },
    expected: [`${mainName} yes not-asked 10`, `${ownName} absent yes 8`]
  },
  {
    description: 'its import failed',
    status: 'miss',
    facts: { found: [depsOwn], imports: { broughtIn: [depsOwn] }, failedImports: new Set([ref('deps')]) },
    expected: [`${ownName} failed not-asked 10`]
  },
  {
    description: 'its own import failed, the target brought it all the same',
    facts: { found: [depsOwn, final], imports: { main: final, broughtIn: [depsOwn] }, failedImports: new Set([ref('deps')]) },
    expected: [`${ownName} yes unchanged 10 in ${finalName}`]
  },
  {
    description: 'the registry did not answer',
    status: 'miss',
    facts: { unreachable: ['registry'] },
    expected: [`${ownName} failed not-asked`]
  },
  {
    description: 'exports are off',
    facts: { found: [depsOwn], exportsOff: true },
    expected: [`${ownName} not-asked not-asked 10`]
  },
  {
    description: 'replaced by one of another size',
    status: 'partial',
    facts: { found: [depsOwn], imports: { broughtIn: [depsOwn] }, outcomes: [{ ref: ref('deps'), exported: 'yes', bytes: 99 }] },
    expected: [`${ownName} yes yes 99`]
  }
]

test.each(cases)('$description', ({ status = 'hit', facts, expected }) => {
  // Found refs are compared by identity: those to bring in are the ones that were found.
  const same = (wanted: FoundRef) => facts.found?.find(candidate => candidate.ref === wanted.ref) ?? wanted
  const imports = facts.imports && { ...facts.imports, broughtIn: facts.imports.broughtIn.map(same) }
  const rows = explainRefs({ name: 'deps', status }, { ...nothing, ...facts, ...(imports ? { imports } : {}) })
  expect(
    rows
      .filter(row => row.backend === 'registry')
      .map(row =>
        [
          row.ref,
          row.imported,
          row.exported,
          ...(row.bytes === undefined ? [] : [row.bytes]),
          ...(row.readIn === undefined ? [] : ['in', row.readIn])
        ].join(' ')
      )
  ).toEqual(expected)
  // Every backend that is written has its row.
  expect(new Set(rows.map(row => row.backend))).toEqual(new Set(['registry', 'gha']))
})

test('a stage without refs, and one that is not planned, have no rows', () => {
  const left = { ...nothing, plan: planOf(diamond, { inputs: { 'cache-stages': '!deps' } }) }
  expect(explainRefs({ name: 'deps', status: 'hit' }, left)).toEqual([])
  expect(explainRefs({ name: 'unknown', status: 'hit' }, nothing)).toEqual([])
})
