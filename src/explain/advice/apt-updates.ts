import { placed, type Finding, type Rule } from './advice'
import { operands, readInstall } from './installs'
import type { Command } from './shell'
import { withParents, type Instruction } from './source'

/** apt-get install in a later layer than apt-get update: it installs from lists as old as the cached layer. */
export const aptUpdateApart: Rule = stages =>
  stages.flatMap((stage): readonly Finding[] => {
    const all = withParents(stage)
    const apart = stage.instructions.filter(instruction => installs(instruction) && !mentionsUpdate(instruction))
    const found = apart.find(({ ran }) => ran)
    if (found === undefined) return []
    const before = all.slice(0, all.indexOf(found))
    const update = before.findLast(({ commands }) => commands.some(isUpdate))
    if (update === undefined || [update, found].some(mountsLists)) return []
    // What cleaned the lists or is not understood between them leaves the lists unknown.
    const between = before.slice(before.indexOf(update))
    if (between.some(({ source }) => /\/var\/lib\/apt|\/var\/lib\/\*/.test(source.source))) return []
    if (between.slice(1).some(mentionsUpdate)) return []
    const isAlone = update.commands.every(isUpdate) && stage.instructions.includes(update)
    const seconds = apart.reduce((sum, other) => sum + other.seconds, 0)
    const { lines } = isAlone ? update.source : found.source
    return [{ rule: 'apt-update-apart', updateLine: update.source.lines.start, ...placed(stage, lines, seconds) }]
  })

function isUpdate({ words }: Command): boolean {
  return /^apt(?:-get)?$/.test(words[0] ?? '') && words.includes('update')
}

function mentionsUpdate({ source }: Instruction): boolean {
  return /\bapt(?:-get|itude)?\b[^&|;]{0,300}\bupdate\b/.test(source.source)
}

/** From an archive, not from a file. */
function installs({ commands }: Instruction): boolean {
  return commands.some(command => {
    const install = readInstall(command)
    return install?.manager === 'apt' && operands(install.rest).some(word => /^[a-z]/.test(word) && !word.endsWith('.deb'))
  })
}

function mountsLists({ mounts }: Instruction): boolean {
  return mounts.some(({ target }) => target === '/var/lib' || target.startsWith('/var/lib/apt') || target.includes('$'))
}
