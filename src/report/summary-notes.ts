import type { Degradation } from '../reasons'
import { seconds } from './amounts'
import { isDiskFull } from './disk-trouble'
import { group } from './group'
import { bold, bullets, code, details, join, ours, NOTHING, sentence, text, type Markdown } from './markdown'
import { oneLine } from './plain'
import type { BuildReport } from './report'
import { remedyWords, troubleWords } from './sentences-troubles'
import { usualWords } from './sentences-figures'
import { savedByThen } from './sentences-plain'
import { namesWords, words } from './words'

/** What went wrong with the cache without failing the build: trouble, remedy, and what the tool said. */
export function troubles(degradations: readonly Degradation[], rows: number): Markdown {
  if (degradations.length === 0) return NOTHING
  const groups = sameTroubles(degradations)
  const items = groups.slice(0, rows).map(same => {
    const [first] = same
    const said = code(first.detail, 300)
    const lines = [ours`${bold(sentence(troubleWords(same)))}. ${sentence(remedyWords(first))}`, said]
    return join(lines, '<br>')
  })
  const rest = groups.length > rows ? [ours`… and ${groups.length - rows} more.`] : []
  return ours`### ⚠️ Cache trouble, survived\n\n${bullets([...items, ...rest])}`
}

/** Where main was killed before its summary; `tag` is the first of the image. */
export function renderKilled(tag: string | undefined): string {
  const step = tag === undefined ? ours`A build` : ours`The build of ${code(tag)}`
  return ours`⚠️ ${step} was killed before its summary was written. ${text(savedByThen)}`
}

/** What the post step of a cancelled job saved, and what it did not. */
export function renderLeft(saved: readonly string[], degradations: readonly Degradation[]): string {
  const stages = namesWords(saved)
  return doneAndNot(saved, ours`💾 ${sentence(words`Saved after the job was cancelled: ${stages}`)}`, degradations)
}

/** The same for cache mounts. */
export function renderLeftMounts(saved: readonly string[], degradations: readonly Degradation[]): string {
  const mounts = namesWords(saved)
  return doneAndNot(saved, ours`💾 ${sentence(words`Cache mounts saved after the job was cancelled: ${mounts}`)}`, degradations)
}

function doneAndNot(saved: readonly string[], said: Markdown, degradations: readonly Degradation[]): string {
  const done = saved.length === 0 ? NOTHING : said
  return join(
    [done, troubles(degradations, 50)].filter(part => part !== NOTHING),
    '\n\n'
  )
}

/** The rest of the facts, folded: import, image, builder and times. */
export function howItWasBuilt(report: BuildReport, rows: number): Markdown {
  const { imported, image, builder, seconds: times } = report
  const broughtIn = report.broughtIn.slice(0, rows).map(({ stage, ref }) => ours`${code(stage)} from ${code(ref)}`)
  const more = report.broughtIn.length - broughtIn.length
  const tags = image.tags.slice(0, 10).map(tag => code(tag))
  const time = (amount: number) => sentence([seconds(amount)])
  return details(
    ours`How it was built`,
    bullets(
      [
        ours`Target: ${code(report.target)}`,
        imported
          ? ours`Read: ${sentence([imported.backend])} ${code(imported.ref)}, scope ${code(imported.scope)}`
          : ours`Read: no cache`,
        ...(report.broughtIn.length > 0
          ? [ours`Brought in first: ${join([...broughtIn, more > 0 ? ours`${more} more` : NOTHING], ', ')}`]
          : []),
        image.tags.length === 0 ? NOTHING : ours`Tags: ${join(tags, ', ')}`,
        image.digest === '' ? NOTHING : ours`Digest: ${code(image.digest)}`,
        image.imageid === '' ? NOTHING : ours`Image ID: ${code(image.imageid)}`,
        builder.name === ''
          ? NOTHING
          : ours`Builder: ${code(builder.name)} (${text(builder.driver)}): ${text(builder.reason, 300)}`,
        ours`Time: ${time(times.total)}, of it build ${time(times.build)}, saving caches ${time(times.exports)}, the action itself ${time(times.own)}`,
        report.earlier?.usual ? ours`On average: ${sentence(usualWords(report.earlier.usual))}` : NOTHING
      ].filter(item => item !== NOTHING)
    )
  )
}

const own = /[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|_state=[^"&\s]+|:\d+->/g

/** One trouble often hits every stage, each with a blob, an upload and a connection of its own: said once, with all the stages. */
function sameTroubles(degradations: readonly Degradation[]) {
  const said = (detail: string) => (isDiskFull(detail) ? 'full' : oneLine(detail.replace(own, '…'), 300))
  return group(degradations, ({ code, backend, detail }) => [code, backend ?? '', said(detail)].join('\n'))
}
