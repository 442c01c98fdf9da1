import { splitAssignments } from '../../dockerfile/words'
import { placed, type Finding, type Rule } from './advice'
import { readInstall, type Install } from './installs'
import type { Command } from './shell'
import type { Instruction } from './source'

/**
 * A build arg that is another at each build, given to this one, above steps that install packages: every RUN below an ARG runs again
 * when its value changes, whether it uses it or not. Only installs count: what builds may use the variable without naming it.
 */
export const changingArgument: Rule = (stages, { buildArgs }) =>
  stages.flatMap(stage =>
    stage.instructions.flatMap((instruction, at): Finding[] => {
      if (instruction.keyword !== 'ARG') return []
      const declared = splitAssignments(instruction.source.rest, instruction.source.escape).map(nameOf)
      const name = declared.find(word => changes.test(word) && buildArgs.has(word))
      if (name === undefined) return []
      const wasted = ranInstallsBelow(stage.instructions.slice(at + 1), name)
      const last = wasted.at(-1)
      if (last === undefined) return []
      const seconds = wasted.reduce((sum, step) => sum + step.seconds, 0)
      const place = placed(stage, instruction.source.lines, seconds)
      return [{ rule: 'changing-argument', name, belowLine: last.source.lines.end, steps: wasted.length, ...place }]
    })
  )

/** A commit, a date, or the number of a run. Not a version, which stays for a while, nor what is there to force a rebuild. */
const changes =
  /^(?:(?:GIT|VCS|SOURCE|BUILD|CI|GITHUB|APP|IMAGE)_)*(?:SHA|SHA1|COMMIT|COMMIT_SHA|COMMIT_HASH|REVISION|VCS_REF|HASH)$|^VCS_REF$|^(?:(?:BUILD|CREATED|IMAGE|CI)_)*(?:DATE|TIME|DATETIME|TIMESTAMP|CREATED)$|^(?:BUILD|RUN|CI_BUILD|CI_RUN|GITHUB_RUN|JOB|CI_JOB|CI_PIPELINE)_(?:NUMBER|ID|NO)$/i

/** Up to the first step that may use it: names it, or a variable made from it, or is a RUN of any other kind. */
function ranInstallsBelow(after: readonly Instruction[], name: string): readonly Instruction[] {
  const names = new Set([name])
  const installs: Instruction[] = []
  for (const step of after) {
    const { keyword, source } = step
    const uses = [...names].some(known => new RegExp(`\\b${known}\\b`).test(source.source))
    if (keyword === 'ENV' && uses) for (const word of splitAssignments(source.rest, source.escape)) names.add(nameOf(word))
    else if (uses && keyword !== 'ARG' && keyword !== 'LABEL') break
    if (keyword === 'RUN' && !onlyInstalls(step)) break
    if (keyword === 'RUN' && step.ran) installs.push(step)
  }
  return installs
}

function nameOf(assignment: string): string {
  return /^\w+/.exec(assignment)?.[0] ?? ''
}

function onlyInstalls({ keyword, commands }: Instruction): boolean {
  if (keyword !== 'RUN' || commands.length === 0) return false
  const installs = commands.map(readInstall)
  return (
    commands.some((command, at) => isInstall(installs[at]) || addsPackages(command)) &&
    commands.every((command, at) => isInstall(installs[at]) || addsPackages(command) || isHousekeeping(command.words))
  )
}

function isInstall(install: Install | undefined): boolean {
  return install !== undefined && install.of !== 'build'
}

/** Packages of other distributions than Debian's; those that keep nothing to mount. */
function addsPackages({ words }: Command): boolean {
  return /^apk (?:-\S+ )*add |^(?:dnf|microdnf|tdnf|yum|zypper) (?:-\S+ )*install /.test(words.join(' '))
}

function isHousekeeping([program = '', ...rest]: readonly string[]): boolean {
  if (/^apt(?:-get)?$/.test(program))
    return rest.some(word => ['update', 'upgrade', 'clean', 'autoremove', 'dist-upgrade'].includes(word))
  if (program === 'npm' || program === 'yarn') return rest[0] === 'cache' || rest[0] === 'config'
  if (/^(?:dnf|microdnf|tdnf|yum|zypper)$/.test(program)) return rest.includes('clean')
  return ['rm', 'set', 'mkdir', 'cd', 'echo', 'true', 'corepack', 'apk'].includes(program)
}
