import type { Advice } from '../explain/advice/advice'
import { count } from './amounts'
import { bold, bullets, code, details, join, NOTHING, ours, sentence, type Markdown } from './markdown'
import { adviceWords, costWords } from './sentences-advice'

/** The advice, folded: what, where, why and what to do; at most so many. */
export function adviceSection(advice: readonly Advice[], rows: number): Markdown {
  if (advice.length === 0) return NOTHING
  const title = ours`${sentence([count(advice.length, 'piece')])} of advice on the Dockerfile`
  if (rows === 0) return title
  const items = advice.slice(0, rows).map(one => {
    const { title: what, why, fix } = adviceWords(one)
    const where = code(`${one.file === '' ? 'Dockerfile' : one.file}:${one.lines.start}`)
    const said = join([sentence(why), sentence(fix), sentence(costWords(one))], ' ')
    return ours`${where} ${bold(sentence([what]))} (${code(one.rule)})<br>${said}`
  })
  const rest = advice.length > rows ? [ours`… and ${advice.length - rows} more.`] : []
  return details(title, bullets([...items, ...rest]))
}
