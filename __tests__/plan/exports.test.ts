import { planExports } from '../../src/plan/exports'
import type { Backend } from '../../src/reasons'
import { diamond, foundWith, main, onBranch, planOf, refOf } from '../helpers/plans'

const all = ['base', 'deps', 'tools', 'final']
const cases: readonly {
  description: string
  dockerfile?: string
  inputs?: Readonly<Record<string, string>>
  ran?: readonly string[]
  hit?: readonly string[]
  stale?: readonly string[]
  unsaved?: readonly string[]
  renewed?: readonly string[]
  due?: readonly string[]
  /** Unless said otherwise the build succeeded. */
  phase?: 'running' | 'failed'
  pullFirst?: string
  /** Stages found in the registry's default scope. */
  found?: readonly string[]
  lookedUp?: readonly Backend[]
  backends?: readonly Backend[]
  expected: readonly string[]
  /** Repositories the image is pushed to. */
  pushedTo?: readonly string[]
  /** What has to be exported before a stage is. */
  after?: Readonly<Record<string, readonly string[]>>
}[] = [
  { description: 'nothing changed: nothing is exported', hit: all, expected: [] },
  { description: 'first build: all stages', ran: all, found: [], expected: ['base ran', 'deps ran', 'tools ran', 'final ran'] },
  { description: 'an edit of the last stage', ran: ['final'], hit: ['base', 'deps', 'tools'], expected: ['final ran'] },
  {
    description: 'a stage ran and came out the same: the target is exported although it hit',
    ran: ['tools'],
    hit: ['base', 'deps', 'final'],
    expected: ['tools ran', 'final holds-others']
  },
  {
    description: 'a builder that lives on had what no ref has: it is saved, and the target with it',
    hit: all,
    unsaved: ['tools'],
    expected: ['tools unsaved', 'final holds-others']
  },
  {
    description: 'a stage of which something changed ran',
    ran: ['tools'],
    hit: ['base', 'deps', 'final'],
    unsaved: ['tools'],
    expected: ['tools ran', 'final holds-others']
  },
  {
    description: 'a left-out stage ran: the target holds its steps',
    inputs: { 'cache-stages': '!tools' },
    ran: ['tools'],
    hit: ['base', 'deps', 'final'],
    expected: ['final holds-others']
  },
  {
    description: 'the build failed in the last stage: what was finished',
    phase: 'failed',
    ran: ['deps'],
    hit: ['base', 'tools'],
    expected: ['deps ran']
  },
  {
    description: 'hit although what it reads ran, and the target only copies from it: first this, with its layers',
    ran: ['base'],
    hit: ['deps', 'tools', 'final'],
    expected: ['tools by-content', 'base ran', 'final holds-others'],
    after: { final: ['tools'] },
    pullFirst: 'final'
  },
  {
    description: 'what it reads ran in a build that failed, and it hits now: as if that were in this one',
    ran: ['final'],
    hit: ['base', 'deps', 'tools'],
    renewed: ['base'],
    expected: ['tools by-content', 'final ran'],
    after: { final: ['tools'] }
  },
  {
    description: 'while the build runs: what has to come after that waits',
    phase: 'running',
    ran: ['final'],
    hit: ['base', 'deps', 'tools'],
    renewed: ['base'],
    expected: []
  },
  {
    description: 'that build saved it as well: its ref knows the new keys',
    ran: ['final'],
    hit: ['base', 'deps', 'tools'],
    renewed: ['base', 'tools'],
    expected: ['final ran']
  },
  {
    description: 'that build saved it as well, and what it reads ran once more',
    ran: ['base', 'final'],
    hit: ['deps', 'tools'],
    renewed: ['tools'],
    expected: ['tools by-content', 'base ran', 'final ran'],
    after: { final: ['tools'] }
  },
  {
    description: 'nothing is new after that build: nothing is exported',
    hit: all,
    renewed: ['base'],
    expected: []
  },
  {
    description: 'two of them, one above the other: the lower first',
    dockerfile:
      'FROM scratch AS a\nRUN 1\nFROM scratch AS b\nCOPY --from=a / /\nFROM scratch AS c\nCOPY --from=b / /\nFROM scratch AS d\nCOPY --from=c / /\n',
    ran: ['a'],
    hit: ['b', 'c', 'd'],
    found: ['a', 'b', 'c', 'd'],
    expected: ['c by-content', 'b by-content', 'a ran', 'd holds-others'],
    after: { b: ['c'], d: ['b', 'c'] },
    pullFirst: 'd'
  },
  {
    description: 'the same while the build still runs: what only they hold up waits for its end',
    phase: 'running',
    ran: ['base', 'deps', 'final'],
    hit: ['tools'],
    expected: ['base ran', 'deps ran']
  },
  {
    description: 'the same when the build failed: what ran is saved as it is',
    phase: 'failed',
    ran: ['base', 'final'],
    hit: ['tools'],
    expected: ['base ran', 'final ran']
  },
  {
    description: 'the same, and the target ran',
    ran: ['base', 'deps', 'final'],
    hit: ['tools'],
    expected: ['tools by-content', 'base ran', 'deps ran', 'final ran'],
    after: { final: ['tools'] }
  },
  {
    description: 'the target waits for the push into the same repository, its other backends do not',
    phase: 'running',
    backends: ['registry', 'gha'],
    pushedTo: ['ghcr.io/acme/app'],
    ran: ['tools', 'final'],
    hit: ['base', 'deps'],
    expected: ['tools ran', 'tools gha ran', 'final gha ran']
  },
  {
    description: 'pushed elsewhere: it does not wait',
    phase: 'running',
    pushedTo: ['ghcr.io/acme/other'],
    ran: ['final'],
    expected: ['final ran']
  },
  {
    description: 'while the build still runs nothing is known to be absent or stale',
    phase: 'running',
    hit: ['base', 'deps'],
    stale: ['deps'],
    found: [],
    expected: []
  },
  {
    description: 'stages that were not come to are not exported, absent or not',
    hit: ['base'],
    found: [],
    expected: ['base absent']
  },
  {
    description: 'hit in the builder, saved nowhere',
    hit: all,
    found: ['final'],
    expected: ['base absent', 'deps absent', 'tools absent']
  },
  {
    description: 'not found, but the registry did not answer: nobody knows',
    hit: all,
    found: [],
    lookedUp: [],
    expected: []
  },
  {
    description: 'a ref of other content although the stage hit, as after a revert',
    hit: all,
    stale: ['deps'],
    expected: ['deps stale']
  },
  {
    description: 'several backends: what ran goes to all, what is absent where it is absent',
    backends: ['registry', 'gha'],
    ran: ['final'],
    hit: ['base', 'deps', 'tools'],
    lookedUp: ['registry', 'gha'],
    expected: ['base gha absent', 'deps gha absent', 'tools gha absent', 'final ran', 'final gha ran']
  },
  {
    description: 'nothing changed, and two refs are old',
    hit: ['base', 'deps', 'tools', 'final'],
    due: ['deps', 'final'],
    expected: ['deps refresh', 'final refresh']
  },
  {
    description: 'what is old and changed is exported for the change; nothing old is after a failure',
    ran: ['deps'],
    hit: ['base', 'tools'],
    due: ['base', 'deps', 'tools'],
    phase: 'failed',
    expected: ['deps ran']
  },
  {
    description: 'a target without steps: the stage it is made from holds the others',
    dockerfile: `${diamond}FROM final\n`,
    ran: ['tools'],
    hit: ['base', 'deps', 'final', 'stage-4'],
    expected: ['tools ran', 'final holds-others']
  },
  {
    description: 'a stage without steps has nothing to export',
    dockerfile: 'FROM scratch AS a\nCOPY x /\nFROM a AS b\nFROM b\nRUN y\n',
    ran: ['a', 'b', 'stage-2'],
    found: [],
    expected: ['a ran', 'stage-2 ran']
  }
]

test.each(cases)('$description', ({ dockerfile = diamond, inputs = {}, found = all, expected, after = {}, ...facts }) => {
  const plan = planOf(dockerfile, { inputs, backends: facts.backends ?? ['registry'], scopes: onBranch })
  const refs = found
    .filter(stage => plan.stages.some(planned => planned.stage.name === stage && !planned.uncached))
    .map(stage => foundWith(refOf(plan, stage, 'registry', main), stage))
  const { exports, pullFirst } = planExports(plan, {
    ran: new Set(facts.ran),
    hit: new Set(facts.hit),
    unsaved: new Set(facts.unsaved),
    renewed: new Set(facts.renewed),
    stale: new Set(facts.stale),
    phase: facts.phase ?? 'succeeded',
    found: refs,
    due: new Set((facts.due ?? []).map(stage => refOf(plan, stage))),
    lookedUp: facts.lookedUp ?? ['registry'],
    light: new Set(),
    pushedTo: new Set(facts.pushedTo)
  })
  expect(
    exports.map(({ stage, ref, cause }) => `${stage} ${ref.backend === 'registry' ? '' : `${ref.backend} `}${cause}`)
  ).toEqual(expected)
  for (const { stage, after: before } of exports) expect(before).toEqual(after[stage] ?? [])
  expect(pullFirst).toBe(facts.pullFirst)
  // What is written belongs to the own scope, whatever was read.
  expect(exports.every(({ ref }) => ref.scope === plan.scopes.write)).toBe(true)
})
