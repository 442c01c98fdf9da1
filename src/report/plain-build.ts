import { recordLine } from './build-record'
import type { RecordReport } from './build-record'
import { bold, code, codeBlock, join, NOTHING, ours, text } from './markdown'
import { lastLines } from './plain'

export interface PlainBuild {
  /** Why no stage is cached. */
  readonly why: string
  readonly tags: readonly string[]
  readonly digest: string
  /** What docker said of a build that failed. */
  readonly error?: string
  readonly record?: RecordReport | undefined
}

/** The summary of a build without the caches of stages. */
export function renderPlainBuild({ why, tags, digest, error, record }: PlainBuild): string {
  const title =
    error === undefined
      ? ours`✅ ${bold(text('Built without caches of stages', 100))}`
      : ours`❌ ${bold(text('The build failed', 100))}`
  const shown = error === undefined ? tags.slice(0, 3).map(tag => code(tag)) : []
  const image = join([...shown, ...(digest === '' ? [] : [ours`digest ${code(digest.slice(0, 'sha256:'.length + 12))}`])], ' · ')
  const said = error === undefined ? NOTHING : codeBlock(lastLines(error, 30, 400))
  return `${join([title, ours`⚠️ ${text(why, 600)}`, image, said, recordLine(record)], '\n\n')}\n`
}
