import { bold, bullets, code, join, ours, sentence, text, type Markdown } from './markdown'
import { cancelledBeforeWords, nothingBuiltWords } from './sentences-stages'

/** The summary of a job that was refused before anything was built: its problems, each with the input it is about. */
export function renderNothingBuilt(problems: readonly string[]): string {
  const title = ours`❌ ${bold(sentence(nothingBuiltWords(problems.length)))}`
  const items = problems.slice(0, MOST_PROBLEMS).map(problemItem)
  const left = problems.length - items.length
  return `${join([title, bullets([...items, ...(left > 0 ? [ours`… and ${left} more`] : [])])], '\n\n')}\n`
}

/** The summary of a job that was cancelled while its builder came up. */
export function renderCancelledBefore(): string {
  return `${ours`🚫 ${bold(sentence(cancelledBeforeWords))}`}\n`
}

const MOST_PROBLEMS = 100

function problemItem(problem: string): Markdown {
  const [, input, rest] = /^([a-z][a-z-]*): ([\s\S]*)$/u.exec(problem) ?? []
  return input === undefined || rest === undefined ? text(problem, 600) : ours`${code(input)}: ${text(rest, 600)}`
}
