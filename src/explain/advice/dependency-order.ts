import { argumentsOf, flagValues } from '../../dockerfile/instruction-text'
import { placed, type Finding, type Rule } from './advice'
import { isPlainRequirements, manifestsOf, type Manifests } from './dependency-manifests'
import { operands, readInstall, type Manager } from './installs'
import { resolvePath, withParents, type Instruction, type WrittenStage } from './source'
import type { Command } from './shell'

/** All of the source is copied before the dependencies are installed: each edit of it installs them again. */
export const sourceBeforeDependencies: Rule = (stages, { context }) =>
  stages.flatMap(stage =>
    lateInstalls(stage).flatMap((late): Finding[] => {
      const manifests = manifestsThere(late, context.files)
      if (manifests === undefined || !late.step.ran) return []
      const { manager, copy, copied, step } = late
      const place = placed(stage, step.source.lines, step.seconds)
      return [{ rule: 'source-before-dependencies', manager, copyLine: copy.source.lines.start, copied, manifests, ...place }]
    })
  )

/** Paths in the context of the files that tell whether an install could be earlier. */
export function manifestPaths(stages: readonly WrittenStage[]): readonly string[] {
  return stages
    .flatMap(lateInstalls)
    .flatMap(late =>
      [...filesOf(late.files), ...(late.requirements === undefined ? [] : [late.requirements])].map(file =>
        join(late.folder, file)
      )
    )
}

/** An install below a copy of the folder that it installs for. */
interface LateInstall {
  readonly manager: Manager
  readonly step: Instruction
  readonly copy: Instruction
  /** The source as it is written. */
  readonly copied: string
  /** In the context, where the install runs; empty for its root. */
  readonly folder: string
  readonly files: Manifests
  /** It refuses to install without a lock file. */
  readonly strict: boolean
  /** What `pip install -r` reads. */
  readonly requirements: string | undefined
}

function lateInstalls(stage: WrittenStage): readonly LateInstall[] {
  const found: LateInstall[] = []
  const all = withParents(stage)
  const copies = all.flatMap(copiedFolders)
  for (const step of stage.instructions) {
    let directory = step.directory
    for (const command of step.commands) {
      if (command.words[0] === 'cd') directory = resolvePath(command.words[1] ?? '$', directory)
      const install = readInstall(command)
      const requirements = install && requirementsOf(install.manager, install.rest)
      const files = install && (requirements === undefined ? manifestsOf[install.manager] : { manifest: requirements, locks: [] })
      if (install === undefined || files === undefined || directory === undefined || !isOfProject(install, command)) continue
      if (found.some(({ manager }) => manager === install.manager) || mountsContext(step)) continue
      const source = sourceOf(copies, step.source.lines.start, directory)
      if (source === undefined || !stage.instructions.includes(source.copy)) continue
      // A first install that stands above the copy already does what would be said.
      if (all.slice(0, all.indexOf(source.copy)).some(other => downloads(other, install.manager))) continue
      const strict = command.words.some(word => word === 'ci' || word === 'clean-install')
      found.push({ manager: install.manager, step, ...source, files, strict, requirements })
    }
  }
  return found
}

/** `-r file` once, and nothing else to install. */
function requirementsOf(manager: Manager, rest: readonly string[]): string | undefined {
  if (manager !== 'pip' && manager !== 'uv') return undefined
  const at = rest.findIndex(word => word === '-r' || word === '--requirement')
  const file = rest[at + 1]
  const once = rest.filter(word => /^-(?:r|-requirement|e|-editable|c|-constraint)/.test(word)).length === 1
  return at < 0 || !once || file === undefined || /[$*]|^\/|:\/\//.test(file) ? undefined : file
}

/** Flags by which a manager works in another directory, or needs no download. */
const elsewhere =
  /^(?:--prefix|-C|--cwd|--dir|--directory|--project|--filter|-F|--working-dir|-d|--gemfile|-f|--file|-mod=vendor|--package-lock-only|--dry-run|--offline)(?:=|$)/

/** For the project in the directory it runs in, from its manifests. */
function isOfProject(
  { manager, of, rest }: { manager: Manager; of: string; rest: readonly string[] },
  { words }: Command
): boolean {
  if (words.some(word => elsewhere.test(word))) return false
  if (manager === 'maven' || manager === 'go')
    return of === 'build' && (manager === 'maven' || !operands(rest).some(word => word.includes('@')))
  if (manager === 'pip') return rest.includes('-r') || rest.includes('--requirement')
  return of === 'manifest' && !(manager === 'uv' && words[1] === 'pip' && !rest.includes('-r'))
}

interface CopiedFolder {
  readonly copy: Instruction
  /** As it is written. */
  readonly copied: string
  /** In the context. */
  readonly from: string
  readonly to: string
}

/** What a COPY brings of the context, without what is a file by its name. */
function copiedFolders(copy: Instruction): readonly CopiedFolder[] {
  if (!['COPY', 'ADD'].includes(copy.keyword) || flagValues(copy.source, 'from').length > 0) return []
  const words = argumentsOf(copy.source)
  const to = resolvePath(words.at(-1) ?? '$', copy.directory)
  if (to === undefined || copy.source.text.includes('<<')) return []
  return words.slice(0, -1).flatMap(copied => {
    const isOther = /[$*?[]|:\/\/|[^/.][^/]*\.\w+$|(?:^|\/)Gemfile$/.test(copied)
    const from = isOther ? undefined : resolvePath(copied.replace(/^\/+/, ''), '')
    return from === undefined ? [] : [{ copy, copied, from, to }]
  })
}

/** The first folder copied above the step that holds the directory, and where in the context that lies. */
function sourceOf(copies: readonly CopiedFolder[], line: number, directory: string) {
  const found = copies.find(({ copy, to }) => copy.source.lines.start < line && isWithin(directory, to))
  if (found === undefined) return undefined
  const { copy, copied, from, to } = found
  return { copy, copied, folder: join(from, directory.slice(to.length).replace(/^\//, '')) }
}

function isWithin(directory: string, folder: string): boolean {
  return directory === folder || folder === '' || directory.startsWith(`${folder}/`)
}

function downloads({ commands }: Instruction, manager: Manager): boolean {
  return commands.some(command => readInstall(command)?.manager === manager)
}

/** The manifests are mounted, so that nothing has to be copied for the install. */
function mountsContext({ source }: Instruction): boolean {
  return flagValues(source, 'mount').some(mount => !/type=(?:cache|secret|ssh|tmpfs)/.test(mount ?? ''))
}

/** Those of an install that are in the context; undefined where they would not do. */
function manifestsThere(
  { folder, files, requirements, strict }: LateInstall,
  known: ReadonlyMap<string, string>
): readonly string[] | undefined {
  const texts = new Map(
    filesOf(files).flatMap(file => {
      const text = known.get(join(folder, file))
      return text === undefined ? [] : [[file, text] as const]
    })
  )
  if (!texts.has(files.manifest) || files.unless?.some(file => texts.has(file)) || files.needsMore?.(texts)) return undefined
  if ((files.needsLock || strict) && !files.locks.some(lock => texts.has(lock))) return undefined
  if (requirements !== undefined && !isPlainRequirements(texts.get(requirements) ?? '')) return undefined
  const copied = [files.manifest, ...files.locks, ...(files.settings ?? [])].filter(file => texts.has(file))
  return copied.map(file => join(folder, file))
}

function filesOf({ manifest, locks, settings = [], unless = [] }: Manifests): readonly string[] {
  return [manifest, ...locks, ...settings, ...unless]
}

function join(folder: string, file: string): string {
  return [folder, file].filter(part => part !== '').join('/')
}
