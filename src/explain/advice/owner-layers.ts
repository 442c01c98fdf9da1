import { argumentsOf, flagValues } from '../../dockerfile/instruction-text'
import { placed, type Finding, type Rule } from './advice'
import { resolvePath, type Instruction } from './source'

/** chown or chmod of all that a COPY of the same stage brought: every file is in the image, and in the cache, a second time. */
export const ownerLayer: Rule = stages =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction, at): Finding[] => {
      if (!instruction.ran) return []
      for (const { words } of instruction.commands) {
        const path = changedBy(words, instruction.directory)
        const copy =
          path && stage.instructions.slice(0, at).findLast(earlier => copiesInto(earlier, path.resolved, words[0] ?? ''))
        if (!path || !copy) continue
        const details = { command: words.slice(0, -1).join(' '), path: path.written, copyLine: copy.source.lines.start }
        return [{ rule: 'owner-layer', ...details, ...placed(stage, instruction.source.lines, instruction.seconds) }]
      }
      return []
    })
  )

/** The directory that `chown -R` or `chmod -R` goes through, where it is one. */
function changedBy(words: readonly string[], directory: string | undefined) {
  const [program = '', ...rest] = words
  if ((program !== 'chown' && program !== 'chmod') || !rest.some(word => /^-[a-zA-Z]*R|^--recursive$/.test(word)))
    return undefined
  const [, ...paths] = rest.filter(word => !/^-[a-zA-Z]*R|^--recursive$|^-[vfc]+$/.test(word))
  const [written] = paths
  if (written === undefined || paths.length > 1) return undefined
  const resolved = resolvePath(written, directory)
  return resolved === undefined ? undefined : { written, resolved }
}

/** A COPY of directories from the context or a stage to that very path or below it, which gives no owner itself. */
function copiesInto(instruction: Instruction, path: string, program: string): boolean {
  if (!['COPY', 'ADD'].includes(instruction.keyword)) return false
  if (flagValues(instruction.source, program).length > 0) return false
  const words = argumentsOf(instruction.source)
  const resolved = resolvePath(words.at(-1) ?? '$', instruction.directory)
  if (resolved === undefined || !(resolved === path || path === '' || resolved.startsWith(`${path}/`))) return false
  return words.slice(0, -1).some(source => !/\.\w+$/.test(source) || /(?:^|\/)\.{1,2}\/?$/.test(source))
}
