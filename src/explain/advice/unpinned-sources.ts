import { argumentsOf, flagValues } from '../../dockerfile/instruction-text'
import { placed, type Finding, type Rule } from './advice'
import type { Command } from './shell'
import type { Instruction } from './source'

/** `git clone` of whatever the branch holds: the cache keeps what it held when the layer was made. */
export const unpinnedGit: Rule = stages =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction, at): Finding[] => {
      if (!instruction.ran) return []
      const clone = instruction.commands.find(isMovingClone)
      const repository = clone?.words.find(isRemote)
      if (repository === undefined || stage.instructions.slice(at).some(checksOut)) return []
      return [{ rule: 'unpinned-git', repository, ...placed(stage, instruction.source.lines, instruction.seconds) }]
    })
  )

/** ADD of a URL that names no version, without a checksum: BuildKit asks the server at each build. */
export const unpinnedAdd: Rule = stages =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction): Finding[] => {
      if (instruction.keyword !== 'ADD' || !instruction.ran) return []
      if (flagValues(instruction.source, 'checksum').length > 0) return []
      const url = argumentsOf(instruction.source)
        .slice(0, -1)
        .find(source => isRemote(source) && !source.includes('$') && !namesVersion(source))
      if (url === undefined) return []
      const after = stage.instructions.filter(({ source }) => source.lines.start >= instruction.source.lines.start)
      const seconds = after.reduce((sum, other) => sum + other.seconds, 0)
      return [{ rule: 'unpinned-add', url, git: isGit(url), ...placed(stage, instruction.source.lines, seconds) }]
    })
  )

/** curl or wget of a path that says `latest`. */
export const unpinnedDownload: Rule = stages =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction): Finding[] => {
      if (!instruction.ran) return []
      const url = instruction.commands
        .filter(({ words }) => words[0] === 'curl' || words[0] === 'wget')
        .flatMap(({ words }) => words)
        .find(word => /^https?:\/\/[^$`]*\/latest\//.test(word) && !/[$`]/.test(word))
      if (url === undefined) return []
      return [{ rule: 'unpinned-download', url, ...placed(stage, instruction.source.lines, instruction.seconds) }]
    })
  )

const moving = /^(?:main|master|develop|dev|devel|trunk|nightly|latest|next|edge|HEAD)$/

function isMovingClone({ words }: Command): boolean {
  if (words[0] !== 'git' || words[1] !== 'clone') return false
  const at = words.findIndex(word => word === '-b' || word === '--branch')
  const branch = at < 0 ? words.find(word => word.startsWith('--branch='))?.slice('--branch='.length) : words[at + 1]
  if (branch !== undefined) return moving.test(branch)
  // Any flag may choose a revision, and what is cloned by a mirror or without a checkout is chosen from later.
  return !words.some(word => /^--(?:revision|no-checkout|bare|mirror)/.test(word) || word === '-n')
}

/** A later command chooses a commit, in a way that need not be understood. */
function checksOut({ source }: Instruction): boolean {
  return /\bgit\b[^&|;]{0,300}\s(?:checkout|reset|switch|fetch|submodule|worktree|rev-parse|archive)\b/.test(source.source)
}

function isRemote(text: string): boolean {
  return /^(?:https?|git|ssh):\/\/[^$`]+$/.test(text) || /^git@[\w.-]+:[^$`]+$/.test(text)
}

function isGit(url: string): boolean {
  return /^git@|^(?:git|ssh):|\.git(?:#|$)/.test(url)
}

function namesVersion(url: string): boolean {
  const fragment = isGit(url) ? (/#([^:]*)/.exec(url)?.[1] ?? '') : undefined
  if (fragment !== undefined) return fragment !== '' && !moving.test(fragment)
  return /\d+\.\d|[0-9a-f]{40}|[/_-]v?\d{2,}/.test(url.replace(/^https?:\/\/[^/]*/, ''))
}
