import { parseImageReference } from '../plan/image-reference'
import { parsePlatform } from '../plan/platform'
import { checkAnnotation, checkRepository, checkTag } from './checks'
import { InputReader } from './reader'

/** What the workflow asked merge/ for, checked. */
export interface MergeInputs {
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  /** Directory; empty where none was given. */
  readonly digestsPath: string
  /** `host/path`. */
  readonly repository: string
  readonly annotations: readonly string[]
  readonly platforms: readonly string[]
}

/** Takes a reader of inputs as the workflow wrote them. With problems, the inputs are of no use. */
export function readMergeInputs(read: (name: string) => string): {
  readonly inputs: MergeInputs
  readonly problems: readonly string[]
} {
  const reader = new InputReader(read)
  const checked = (input: string, form: 'comma-list' | 'line-list', problemOf: (item: string) => string | undefined) => {
    const items = reader.list(input, form)
    for (const item of items) {
      const problem = problemOf(item)
      if (problem !== undefined) reader.problem(input, item, problem)
    }
    return items
  }
  const tags = checked('tags', 'comma-list', checkTag)
  const digests = checked('digests', 'comma-list', checkDigest)
  const image = reader.ifGiven('image', checkRepository)
  const platforms = checked('platforms', 'comma-list', item => {
    const parsed = parsePlatform(item)
    return 'problem' in parsed ? parsed.problem : undefined
  })
  const parsed = parseImageReference(image || (tags[0] ?? ''))
  const inputs: MergeInputs = {
    tags,
    digests,
    digestsPath: reader.text('digests-path'),
    repository: typeof parsed === 'string' ? '' : parsed.repository,
    annotations: checked('annotations', 'line-list', checkAnnotation),
    platforms: platforms.flatMap(item => {
      const known = parsePlatform(item)
      return 'platform' in known ? [known.platform] : []
    })
  }
  const problems = reader.problems.map(({ text }) => text)
  if (tags.length === 0) problems.push('tags: is empty: write the name to push to, such as ghcr.io/acme/app:latest')
  if (digests.length === 0 && inputs.digestsPath === '')
    problems.push('digests: is empty: give output digest of the jobs here, or a directory of them as digests-path')
  return { inputs, problems }
}

function checkDigest(item: string): string | undefined {
  if (/^sha256:[0-9a-f]{64}$/.test(item)) return undefined
  const image = parseImageReference(item)
  if (typeof image !== 'string' && (image.digest !== undefined || image.tag !== undefined)) return undefined
  return 'is no digest: write sha256: and 64 hexadecimal digits, or name@sha256:…'
}
