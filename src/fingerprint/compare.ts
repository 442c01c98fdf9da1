import { changedSettings, movedVariable, settingsBefore } from './changed-settings'
import type { ChangedSetting } from './changed-settings'
import { stepsOf } from './fingerprint'
import type { BaseFingerprint, FileTree, Mark, StageFingerprint, StepMark } from './fingerprint'
import type { RecordedStage } from './record'

/** One path that is not as it was. */
export interface FileChange {
  readonly path: string
  readonly how: 'changed' | 'appeared' | 'went'
}

/** What makes a step another one than it was; `byContent`: it reads from something else now, which may have the same content. */
export type Difference = DifferenceKind & { readonly byContent?: true }

type DifferenceKind =
  /** `files` is undefined where the record has no room for them. */
  | { readonly kind: 'files'; readonly line: number; readonly files: readonly FileChange[] | undefined }
  | { readonly kind: 'instruction'; readonly line: number }
  | { readonly kind: 'build-args'; readonly line: number; readonly names: readonly string[] }
  | { readonly kind: 'image'; readonly line: number; readonly from: string; readonly to: string }
  /** A stage it reads is not the one it was made with. `at` is its place among the stages the step reads; undefined for FROM. */
  | { readonly kind: 'stage'; readonly line: number; readonly at?: number }
  /** Something that has no reason code, such as an input of the action. */
  | { readonly kind: 'other' }

export interface Comparison {
  readonly recorded: RecordedStage
  readonly now: StageFingerprint
  readonly treesBefore: Readonly<Record<Mark, FileTree>>
  readonly treesNow: ReadonlyMap<Mark, FileTree>
  /** Digests of images by mark, as far as they are known now. */
  readonly images: ReadonlyMap<Mark, string>
}

/** What of the stage's FROM is not as recorded. */
export function baseDifference(comparison: Comparison): Difference | undefined {
  return fromDifference(comparison.recorded.made.base, comparison.now.base, comparison)
}

function fromDifference(
  before: BaseFingerprint,
  base: BaseFingerprint,
  { recorded, images }: Comparison
): Difference | undefined {
  if (base.from !== before.from) return { kind: 'instruction', line: base.line }
  const variables = changedSettings({ list: before.variables, globals: [] }, { list: base.variables, globals: [] })
  const variable = blame(variables, base.line)
  if (variable) return variable
  if (base.image !== before.image) return { kind: 'instruction', line: base.line }
  const [was, is] = [recorded.images[base.image ?? ''], images.get(base.image ?? '')]
  if (was !== undefined && is !== undefined && was !== is) return { kind: 'image', line: base.line, from: was, to: is }
  return base.stage === before.stage ? undefined : { kind: 'stage', line: base.line }
}

/** What of a step, by its place in `Stage.steps`, is not as recorded; what the steps before it left is not looked at. */
export function stepDifference(comparison: Comparison, at: number): Difference | undefined {
  const { recorded, now, images } = comparison
  const [before, step] = [stepsOf(recorded.made)[at], stepsOf(now)[at]]
  if (!step) return undefined
  if (!before || before.step !== step.step) return { kind: 'instruction', line: step.line }
  const [set, sets] = [settingsBefore(recorded.made, before), settingsBefore(now, step)]
  const settings = changedSettings(set, sets)
  if (before.effective !== step.effective) {
    if (before.written !== step.written) return { kind: 'instruction', line: step.line }
    return (
      blame(
        settings.filter(({ name }) => step.names?.includes(name)),
        step.line
      ) ?? { kind: 'other' }
    )
  }
  if (step.step === 'RUN') {
    const cause = blame(settings, step.line)
    if (cause) return cause
    const moved = movedVariable(set, sets)
    if (moved) return { kind: 'instruction', line: moved.line }
  }
  if (before.files !== step.files) return fileDifference(comparison, before, step)
  for (const image of step.images ?? []) {
    const [was, is] = [recorded.images[image], images.get(image)]
    if (was !== undefined && is !== undefined && was !== is) return { kind: 'image', line: step.line, from: was, to: is }
  }
  return readDifference(comparison, before, step)
}

/** What of the stages that a step reads is not as recorded. A stage without steps is what it is FROM: nothing else of it can be read. */
function readDifference(comparison: Comparison, before: StepMark, step: StepMark): Difference | undefined {
  // Another stage is read now, rather than the same one made of something else.
  const isAnother = before.sources !== undefined && before.sources !== step.sources
  for (const [at, id] of (step.stages ?? []).entries()) {
    const [was, is] = [before.bases?.[at], step.bases?.[at]]
    const difference = was && is && fromDifference(was, is, comparison)
    if (difference && difference.kind !== 'stage') return { ...difference, byContent: true }
    if (was && is ? !difference : id === before.stages?.[at]) continue
    return isAnother ? { kind: 'instruction', line: step.line, byContent: true } : { kind: 'stage', line: step.line, at }
  }
  return undefined
}

/** A build argument explains what is derived from it; else the line of the file that comes first. */
function blame(changed: readonly ChangedSetting[], line: number): Difference | undefined {
  const [first] = changed
  if (!first) return undefined
  const given = changed.filter(({ before, now }) => before?.given === true || now?.given === true)
  if (given.length > 0)
    return { kind: 'build-args', line: given[0]?.now?.line ?? line, names: [...new Set(given.map(({ name }) => name))] }
  const written = changed.filter(({ before, now }) => (now ?? before)?.by !== 'input')
  if (written.length === 0) return { kind: 'other' }
  const lines = written.flatMap(({ now }) => (now ? [now.line] : []))
  return { kind: 'instruction', line: lines.length > 0 ? Math.min(...lines) : line }
}

function fileDifference({ treesBefore, treesNow }: Comparison, before: StepMark, step: StepMark): Difference {
  const [was, is] = [treesBefore[before.files ?? ''], treesNow.get(step.files ?? '')]
  if (step.opaque || before.opaque) return { kind: 'other' }
  const files = was && is ? compareTrees(was, is) : undefined
  return { kind: 'files', line: step.line, files: files && files.length > 0 ? files : undefined }
}

/** By path. A directory whose own mode changed counts as itself. */
export function compareTrees(before: FileTree, now: FileTree): readonly FileChange[] {
  const [was, is] = [flatten(before), flatten(now)]
  const changes = [
    ...[...is].flatMap(([path, mark]): readonly FileChange[] =>
      was.get(path) === mark ? [] : [{ path, how: was.has(path) ? 'changed' : 'appeared' }]
    ),
    ...[...was.keys()].filter(path => !is.has(path)).map((path): FileChange => ({ path, how: 'went' }))
  ]
  // A directory that came or went with what is in it says nothing that its files do not say.
  const above = { appeared: directoriesOf(changes, 'appeared'), went: directoriesOf(changes, 'went') }
  const told = changes.filter(({ path, how }) => how === 'changed' || !above[how].has(path))
  return told.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
}

/** All directories that what changed in one way lies in. */
function directoriesOf(changes: readonly FileChange[], how: FileChange['how']): ReadonlySet<string> {
  const directories = new Set<string>()
  for (const change of changes.filter(other => other.how === how)) {
    // What is above a directory that is known is known too.
    for (let path = parentOf(change.path); path !== undefined && !directories.has(path); path = parentOf(path))
      directories.add(path)
  }
  return directories
}

function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? undefined : path.slice(0, slash)
}

function flatten(tree: FileTree, prefix = '', into = new Map<string, Mark>()): ReadonlyMap<string, Mark> {
  for (const [name, at] of Object.entries(tree)) {
    const path = name === '.' ? prefix.slice(0, -1) : `${prefix}${name}`
    if (typeof at === 'string') into.set(path, at)
    else if (typeof at === 'object' && at !== null) flatten(at, `${path}/`, into)
  }
  return into
}
