import { stageChanges } from '../../src/explain/changes'
import { compareTrees } from '../../src/fingerprint/compare'
import type { FileTree } from '../../src/fingerprint/fingerprint'
import { stageNamed, viewOf } from './builds'

const told = (before: FileTree, now: FileTree) => compareTrees(before, now).map(({ path, how }) => `${how} ${path}`)

test('of directories that came or went with their files only the files are told', () => {
  const before = {
    kept: { '.': 'd', old: '1' },
    'gone-too': '1',
    gone: { '.': 'd', deep: { '.': 'd', a: '1' } },
    left: { '.': 'd' }
  }
  const now = { kept: { '.': 'm', new: { '.': 'd', b: '1' } }, empty: { '.': 'd' }, emptyother: '1' }
  expect(told(before, now)).toEqual([
    'appeared empty',
    'appeared emptyother',
    'went gone-too',
    'went gone/deep/a',
    'changed kept',
    'appeared kept/new/b',
    'went kept/old',
    'went left'
  ])
})

test('a directory that went while its name came as a file, and one that lost all its files', () => {
  expect(told({ a: { '.': 'd', b: '1' }, c: { '.': 'd', d: '1' } }, { a: '1', c: { '.': 'd' } })).toEqual([
    'changed a',
    'went a/b',
    'went c/d'
  ])
})

test('a directory of 100,000 files that appeared is told within seconds', () => {
  const files = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`file${at}`, '1']))
  const started = performance.now()
  expect(compareTrees({}, { '.': 'd', many: { '.': 'd', ...files } })).toHaveLength(100_001)
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('a stage is compared once per view and platform', () => {
  const build = { dockerfile: 'FROM scratch\nCOPY a /\n', files: { a: '1' } }
  const now = { ...build, files: { a: '2' } }
  const [view, other, stage] = [viewOf(build, now), viewOf(build, build), stageNamed(build, 'stage-0')]
  const changes = stageChanges(stage, 'linux/amd64', view)
  expect(changes?.steps).toEqual([{ kind: 'files', line: 2, files: [{ path: 'a', how: 'changed' }] }])
  expect(stageChanges(stage, 'linux/amd64', view)).toBe(changes)
  expect(stageChanges(stage, 'linux/arm64', view)).toBeUndefined()
  expect(stageChanges(stage, 'linux/amd64', other)?.steps).toEqual([undefined])
})
