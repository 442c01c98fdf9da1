import type { UnusedName } from '../plan/unused-names'
import { group } from './group'
import { joinWords, plain, words, type Words } from './words'

/** Names that one sentence shows. */
const mostNames = 5

export interface UnusedSentence {
  readonly text: string
  /** A slip most likely: one list of build arguments may be given to many Dockerfiles. */
  readonly isSlip: boolean
}

/** What is said of names in inputs that mean nothing in the Dockerfile. */
export function unusedSentences(names: readonly UnusedName[], dockerfile: string): readonly UnusedSentence[] {
  return group(names, name => `${name.input} ${isSlip(name)}`).map(same => {
    const shown = same.slice(0, mostNames).map(nameWords)
    const left = same.length - shown.length
    const all = joinWords([...shown, ...(left > 0 ? [words`${left} more`] : [])], ', ')
    const text = plain(words`${[same[0].input]}: ${why[same[0].input](dockerfile, all, same.length > 1)}`)
    return { text, isSlip: isSlip(same[0]) }
  })
}

function isSlip({ input, nearest }: UnusedName): boolean {
  return input === 'no-cache-filters' || nearest !== undefined
}

const why: { readonly [input in UnusedName['input']]: (dockerfile: string, names: Words, several: boolean) => Words } = {
  'build-args': (dockerfile, names, several) =>
    words`no ARG of ${dockerfile} declares ${names}, so ${[several ? 'they have' : 'it has']} no effect, unless ONBUILD of a base image does`,
  'no-cache-filters': (dockerfile, names) => words`${dockerfile} has no stage named ${names}, so nothing is rebuilt for that`
}

function nameWords({ name, nearest }: UnusedName): Words {
  return nearest === undefined ? words`${name}` : words`${name} (did you mean ${nearest}?)`
}
