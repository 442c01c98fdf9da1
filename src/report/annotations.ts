import type { Advice, AdviceLevel } from '../explain/advice/advice'
import { adviceWords, costWords } from './sentences-advice'
import { joinWords, plain } from './words'

/** What GitHub shows at a line of a file. */
export interface Annotation {
  readonly level: AdviceLevel
  readonly title: string
  readonly message: string
  /** Relative to the workspace; missing where the file lies elsewhere. */
  readonly file?: string
  readonly startLine: number
  readonly endLine: number
}

/** One for each piece of advice, in its order. `highest` is what the input asks for: with `notice` nothing is a warning. */
export function renderAnnotations(advice: readonly Advice[], highest: AdviceLevel): readonly Annotation[] {
  return advice.map(one => {
    const { title, why, fix } = adviceWords(one)
    return {
      level: highest === 'notice' ? 'notice' : one.level,
      title: `${title} (${one.rule})`,
      message: plain(
        joinWords(
          [why, fix, costWords(one)].filter(part => part.length > 0),
          ' '
        )
      ),
      ...(one.file === '' ? {} : { file: one.file }),
      startLine: one.lines.start,
      endLine: one.lines.end
    }
  })
}
