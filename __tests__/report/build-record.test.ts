import { recordLine, recordNotice, recordText } from '../../src/report/build-record'
import type { RecordReport } from '../../src/report/build-record'
import { renderPlainBuild } from '../../src/report/plain-build'
import { renderSummary } from '../../src/report/summary'
import { reportOf } from './samples'

const uploaded: RecordReport = {
  state: 'uploaded',
  name: 'acme~app~JMSVDT.dockerbuild',
  bytes: 10_726,
  artifact: 7,
  run: 1001
}
const shown = (text: string) => text.replaceAll('\u00a0', ' ')

test('an uploaded record is linked in the summary, and named in the log', () => {
  const line =
    '🎞️ Build record [`acme~app~JMSVDT.dockerbuild`](./1001/artifacts/7) (11 kB), for the Builds view of Docker Desktop: `docker buildx history import --file …`'
  expect(shown(recordLine(uploaded))).toBe(line)
  expect(shown(renderSummary(reportOf([], { record: uploaded })))).toContain(`\n\n${line}`)
  expect(shown(renderPlainBuild({ why: 'x', tags: [], digest: '', record: uploaded }))).toContain(`\n\n${line}`)
  expect(recordText(uploaded)).toBe('Build record: artifact acme~app~JMSVDT.dockerbuild, 11 kB')
  expect(recordNotice(uploaded)).toBeUndefined()
})

test('outside GitHub there is nothing to link to', () => {
  expect(shown(recordLine({ ...uploaded, run: NaN }))).toContain('record `acme~app~JMSVDT.dockerbuild` (11 kB)')
})

test('what could not be uploaded is one notice, which says what to do', () => {
  const failed: RecordReport = { state: 'failed', detail: 'Failed to CreateArtifact: (403)' }
  expect(recordNotice(failed)).toEqual({
    title: 'No build record',
    message:
      'The record of this build was not uploaded: Failed to CreateArtifact: (403). The build is not affected. DOCKER_BUILD_RECORD_UPLOAD=false turns it off.'
  })
  expect(recordNotice({ state: 'refused', retentionDays: 'a week' })?.message).toBe(
    "The record of this build was not uploaded: DOCKER_BUILD_RECORD_RETENTION_DAYS is a week; give a whole number of days, or 0 for the repository's own setting."
  )
  for (const record of [failed, { state: 'refused', retentionDays: 'x' } as const]) {
    expect(recordText(record)).toBeUndefined()
    expect(recordLine(record)).toBe('')
  }
})

test('an old buildx is worth a line of the log', () => {
  expect(recordText({ state: 'old-buildx' })).toContain('buildx 0.24')
  expect(recordNotice({ state: 'old-buildx' })).toBeUndefined()
  expect(recordText(undefined)).toBeUndefined()
  expect(recordNotice(undefined)).toBeUndefined()
})

test('what others say stays on its line', () => {
  expect(recordNotice({ state: 'failed', detail: 'denied\n::error::x' })?.message).not.toContain('\n')
})
