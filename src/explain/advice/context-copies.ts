import { argumentsOf, flagValues } from '../../dockerfile/instruction-text'
import { placed, type Finding, type Rule } from './advice'
import type { Instruction } from './source'

/** `COPY .` of a context with `.git`, which each commit changes, or of one whose files nobody chose. */
export const copiesEverything: Rule = (stages, { context }) => {
  const git = context.git && !hidesGit(context.ignore ?? '')
  const ignoreFile = context.ignore !== undefined
  if (!git && ignoreFile) return []
  return stages.flatMap(stage => {
    const at = stage.instructions.findIndex(instruction => instruction.ran && copiesContext(instruction))
    const copy = stage.instructions[at]
    const after = stage.instructions.slice(at + 1).filter(({ keyword, ran }) => keyword === 'RUN' && ran)
    if (copy === undefined || after.length === 0) return []
    const seconds = [copy, ...after].reduce((sum, step) => sum + step.seconds, 0)
    const place = placed(stage, copy.source.lines, seconds, git ? 'warning' : 'notice')
    const finding: Finding = { rule: 'copies-everything', git, ignoreFile, stepsAfter: after.length, ...place }
    return [finding]
  })
}

/**
 * Whether an ignore file keeps `.git` out of the context, or asks for it by name. A pattern that hides a directory hides what is in it; the last that fits
 * counts. Rules: moby/patternmatcher (MatchesOrParentMatches), moby/patternmatcher/ignorefile.
 */
function hidesGit(ignore: string): boolean {
  let hidden = false
  for (const line of ignore.split('\n')) {
    const pattern = line.trim()
    if (pattern === '' || line.startsWith('#')) continue
    const isException = pattern.startsWith('!')
    const path = pattern
      .replace(/^!/, '')
      .trim()
      .replace(/^(?:\.?\/)+/, '')
      .replace(/\/+$/, '')
    if (path === '.' || path === '') continue
    // Who wants it back needs it.
    if (isException && path.startsWith('.git')) return true
    // HEAD stands for all that is inside.
    if (['.git', '.git/HEAD'].some(file => toPattern(path).test(file))) hidden = !isException
  }
  return hidden
}

function toPattern(path: string): RegExp {
  const parts = path.split(/(\*\*\/|\*\*|\*|\?|\[[^\]]*\])/).map(part => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[')) return '[^/]'
    return part.replace(/[\\^$.+(){}|]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`)
}

function copiesContext({ keyword, source }: Instruction): boolean {
  if (!['COPY', 'ADD'].includes(keyword) || flagValues(source, 'from').length > 0 || flagValues(source, 'exclude').length > 0)
    return false
  return argumentsOf(source)
    .slice(0, -1)
    .some(path => /^(?:\.?\/*|\.\/\.)$/.test(path) && path !== '')
}
