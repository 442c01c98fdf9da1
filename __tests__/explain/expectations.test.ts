import { expectStages } from '../../src/explain/expectations'
import type { StageExpectation } from '../../src/explain/expectations'
import { build, edited, file, recordOf, stagesOf, viewOf } from '../fingerprint/builds'
import type { Build } from '../fingerprint/builds'

const said = (all: readonly StageExpectation[]) =>
  all.map(({ stage, expected, firstStep, reason }) => [stage, expected, firstStep ?? '–', reason?.code ?? '–'].join(' '))

test.each<{ description: string; now: Partial<Build>; expected: readonly string[] }>([
  { description: 'nothing', now: {}, expected: ['base hit – –', 'deps hit – –', 'tools hit – –', 'stage-3 hit – –'] },
  {
    description: 'a file of a stage that another is FROM',
    now: file('lock.json', '2'),
    expected: ['base hit – –', 'deps rebuild 0 file-changed', 'tools hit – –', 'stage-3 rebuild 0 parent-rebuilt']
  },
  {
    description: 'a file of a stage that is copied from: what comes of it is not known',
    now: file('tool', '2'),
    expected: ['base hit – –', 'deps hit – –', 'tools rebuild 1 file-changed', 'stage-3 unknown 1 parent-rebuilt']
  },
  {
    description: 'and a change of the stage itself',
    now: { files: { ...build.files, tool: '2', 'src/a': '2' } },
    expected: ['base hit – –', 'deps hit – –', 'tools rebuild 1 file-changed', 'stage-3 rebuild 1 file-changed']
  },
  {
    description: 'the last step of a stage that others are FROM is gone',
    now: edited('RUN install\n', ''),
    expected: ['base hit – –', 'deps hit – –', 'tools hit – –', 'stage-3 rebuild 0 –']
  },
  {
    description: 'a download',
    now: edited('RUN install', 'ADD https://example.com/x /x\nRUN install'),
    expected: ['base hit – –', 'deps rebuild 1 instruction-changed', 'tools hit – –', 'stage-3 rebuild 0 parent-rebuilt']
  }
])('what is expected after an edit: $description', ({ now, expected }) => {
  const view = viewOf(build, { ...build, ...now })
  const { needed } = stagesOf({ ...build, ...now })
  expect(said(expectStages({ needed, platforms: ['linux/amd64'], viewOf: () => view }))).toEqual(expected)
})

test('what a stage without steps stands on is named, as after the build', () => {
  const before: Build = {
    dockerfile:
      'FROM alpine AS base\nRUN one\nFROM base AS alias\nFROM alias AS other\nFROM other AS app\nRUN two\nFROM alpine\nCOPY --from=other /x /x\nCOPY --from=app /y /y\n'
  }
  const now = { dockerfile: before.dockerfile.replace('one', '1') }
  const view = viewOf(before, now)
  const expected = expectStages({ needed: stagesOf(now).needed, platforms: ['linux/amd64'], viewOf: () => view })
  expect(expected.map(({ stage, reason }) => [stage, reason?.code === 'parent-rebuilt' && reason.parent])).toEqual([
    ['base', false],
    ['alias', false],
    ['other', false],
    ['app', 'base'],
    ['stage-4', 'base']
  ])
})

test('what is expected of a download, of a named context, of a variable of the base image: nothing is known', () => {
  const unsure: Build = {
    dockerfile:
      'FROM alpine AS a\nRUN x\nADD https://example.com/x /\nFROM alpine AS b\nCOPY --from=ctx / /\nFROM alpine AS c\nCOPY $HOME/x /\nFROM a\nCOPY --from=b / /\nCOPY --from=c / /\n',
    contexts: ['ctx']
  }
  const { needed } = stagesOf(unsure)
  const view = viewOf(unsure, unsure)
  expect(said(expectStages({ needed, platforms: ['linux/amd64'], viewOf: () => view }))).toEqual([
    'a unknown 1 –',
    'b unknown 0 –',
    'c unknown 0 –',
    'stage-3 unknown 0 parent-rebuilt'
  ])
})

test('a stage that copies from another one than before, or from a stage without steps: the content may be the same', () => {
  const before: Build = {
    dockerfile: 'FROM alpine AS a\nRUN a\nFROM tool:1 AS tool\nFROM alpine\nCOPY --from=tool /x /x\nCOPY --from=a /x /y\n'
  }
  const saidOfLast = (now: Build) => {
    const view = viewOf(before, now)
    return said(expectStages({ needed: stagesOf(now).needed, platforms: ['linux/amd64'], viewOf: () => view })).slice(-1)
  }
  expect(saidOfLast({ dockerfile: before.dockerfile.replace('tool:1', 'tool:2') })).toEqual([
    'stage-2 unknown 0 instruction-changed'
  ])
  const renamed = before.dockerfile.replace('AS a', 'AS b').replace('from=a', 'from=b').replace('RUN a', 'RUN b')
  expect(saidOfLast({ dockerfile: renamed })).toEqual(['stage-2 unknown 1 instruction-changed'])
})

test('without a record nothing is expected, where nothing was saved a rebuild is', () => {
  const { needed } = stagesOf(build)
  const facts = { needed, platforms: ['linux/amd64'], viewOf: () => undefined }
  expect(said(expectStages(facts))).toEqual(
    ['base unknown – –', 'deps unknown – –', 'tools unknown – –', 'stage-3 unknown – –'].map(line => line)
  )
  const missing = new Map(needed.map(({ name }) => [name, 'first-build' as const]))
  expect(said(expectStages({ ...facts, missing }))).toEqual(needed.map(({ name }) => `${name} rebuild 0 first-build`))
})

test('an earlier build saved a stage anew, and ended before the one that is FROM it', () => {
  const now: Build = { ...build, ...file('lock.json', '2') }
  const view = viewOf(build, now)
  const stages = { ...view.record.stages, deps: recordOf(now).stages['deps'] ?? {} }
  const expected = expectStages({
    needed: stagesOf(now).needed,
    platforms: ['linux/amd64'],
    viewOf: () => ({ ...view, record: { ...view.record, stages } })
  })
  expect(expected.map(({ reason }) => reason ?? null)).toEqual([
    null,
    null,
    null,
    { code: 'parent-rebuilt', parent: 'deps', earlier: true, line: 16 }
  ])
})
