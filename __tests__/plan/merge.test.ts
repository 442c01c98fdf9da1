import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { readMergeInputs } from '../../src/inputs/merge-inputs'
import { digestOfFile, mergeArgv, parseMerged } from '../../src/plan/merge'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const read = (given: Record<string, string>) => readMergeInputs(name => given[name] ?? '')

test('every declared input is read, and no other', () => {
  const declared = Object.keys((load(readFileSync('merge/action.yml', 'utf8')) as { inputs: object }).inputs)
  const asked = new Set<string>()
  readMergeInputs(name => {
    asked.add(name)
    return ''
  })
  expect([...asked].sort()).toEqual(declared.sort())
})

test('digests are of the first tag’s repository, or of `image`', () => {
  const { inputs } = read({
    tags: 'ghcr.io/acme/app:1\nacme/app:1',
    digests: `${digest('a')}\nother/app@${digest('b')}`,
    annotations: 'a=b\nmanifest:c=d'
  })
  expect(mergeArgv(inputs).join(' ')).toBe(
    `buildx imagetools create --tag ghcr.io/acme/app:1 --tag acme/app:1 --annotation index:a=b --annotation manifest:c=d ghcr.io/acme/app@${digest('a')} other/app@${digest('b')}`
  )
  const elsewhere = read({ tags: 'acme/app:1', digests: digest('a'), image: 'ghcr.io/acme/parts' })
  expect(mergeArgv(elsewhere.inputs, true).slice(3)).toEqual([
    '--dry-run',
    '--tag',
    'acme/app:1',
    `ghcr.io/acme/parts@${digest('a')}`
  ])
})

test.each([
  [{}, [/^tags: is empty/, /^digests: is empty/]],
  [{ tags: 'a:1', digests: 'latest' }, [/^digests: "latest" is no digest/]],
  [{ tags: 'A:1', digests: digest('a') }, [/^tags: "A:1"/]],
  [{ tags: 'a:1', digests: digest('a'), platforms: 'linux/amd' }, [/^platforms: "linux\/amd"/]],
  [{ tags: 'a:1', digests: digest('a'), image: 'a:1' }, [/^image: "a:1" has a tag/]]
] as [Record<string, string>, RegExp[]][])('%j is refused', (given, problems) => {
  expect(read(given).problems).toEqual(problems.map(problem => expect.stringMatching(problem)))
})

test('files with digests', () => {
  expect(digestOfFile('a'.repeat(64), '')).toBe(digest('a'))
  expect(digestOfFile('amd64', `${digest('b')}\n`)).toBe(digest('b'))
  expect(digestOfFile('readme', 'sha256:short')).toBeUndefined()
})

test('attestations are no platforms, and one spelling stands for each', () => {
  const platform = (os: string, architecture: string, variant?: string) => ({
    platform: { os, architecture, ...(variant ? { variant } : {}) }
  })
  const manifests = [
    platform('linux', 'amd64'),
    platform('linux', 'arm64', 'v8'),
    platform('unknown', 'unknown'),
    platform('linux', 'arm64')
  ]
  expect(parseMerged(JSON.stringify({ digest: digest('a'), manifests }))).toEqual({
    digest: digest('a'),
    platforms: ['linux/amd64', 'linux/arm64']
  })
})
