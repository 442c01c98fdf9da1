import { bytes as amount } from './amounts'
import { code, NOTHING, ours, sentence } from './markdown'
import type { Markdown } from './markdown'
import { plain, words } from './words'
import type { Words } from './words'

/** What became of the record of a build that is wanted as an artifact. */
export type RecordReport =
  /** `artifact` and `run` are their numbers in GitHub's URLs. */
  | {
      readonly state: 'uploaded'
      readonly name: string
      readonly bytes: number
      readonly artifact: number
      readonly run: number
    }
  | { readonly state: 'failed'; readonly detail: string }
  /** The days to keep it are no number. */
  | { readonly state: 'refused'; readonly retentionDays: string }
  /** buildx cannot export it. */
  | { readonly state: 'old-buildx' }

/** The summary's line: where the record is, and what opens it. */
export function recordLine(record: RecordReport | undefined): Markdown {
  if (record?.state !== 'uploaded') return NOTHING
  const { name, artifact, run } = record
  // Relative to the run's page: a whole URL would be masked where a secret is a part of the repository's name.
  const link = Number.isSafeInteger(run) && run > 0 ? ours`[${code(name)}](./${run}/artifacts/${artifact})` : code(name)
  return ours`🎞️ Build record ${link} (${sentence([amount(record.bytes)])}), for the Builds view of Docker Desktop: ${code('docker buildx history import --file …')}`
}

/** The log's line; undefined where there is nothing to say. */
export function recordText(record: RecordReport | undefined): string | undefined {
  if (record?.state === 'uploaded') return plain(words`Build record: artifact ${record.name}, ${[amount(record.bytes)]}`)
  return record?.state === 'old-buildx' ? 'No build record: it takes buildx 0.24 or later' : undefined
}

/** The one notice of a record that could not be uploaded; undefined where none is due. */
export function recordNotice(record: RecordReport | undefined): { readonly title: string; readonly message: string } | undefined {
  const why = record && whyNot(record)
  return why && { title: 'No build record', message: plain(why) }
}

function whyNot(record: RecordReport): Words | undefined {
  switch (record.state) {
    case 'failed':
      return words`The record of this build was not uploaded: ${record.detail}. The build is not affected. ${'DOCKER_BUILD_RECORD_UPLOAD=false'} turns it off.`
    case 'refused':
      return words`The record of this build was not uploaded: ${'DOCKER_BUILD_RECORD_RETENTION_DAYS'} is ${record.retentionDays}; give a whole number of days, or 0 for the repository's own setting.`
    case 'old-buildx':
    case 'uploaded':
      return undefined
  }
}
