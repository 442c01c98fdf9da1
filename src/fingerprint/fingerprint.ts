import type { StepKind } from '../dockerfile/dockerfile'

/** A keyed digest: equal for equal content under one key, and of no use to learn the content. */
export type Mark = string

/** Files by name, directories within directories; `.` is the directory itself. */
export interface FileTree {
  readonly [name: string]: Mark | FileTree
}

/** What the stages of a build are made from, in marks under one key. No value of a build argument is in it. */
export interface Fingerprint {
  /** By stage key, then platform. */
  readonly stages: ReadonlyMap<string, ReadonlyMap<string, StageFingerprint>>
  /** By id; a record may have left a large one out. */
  readonly trees: ReadonlyMap<Mark, FileTree>
}

export interface StageFingerprint {
  /** Of all that counts, the stages it is made from included: equal for stages of equal content. Base images' digests are not in it. */
  readonly id: Mark
  readonly base: BaseFingerprint
  readonly parts: readonly (SettingMark | StepMark)[]
  /** The arguments declared before the first FROM, where values of the stage's settings were made from one that it does not declare itself. */
  readonly globals?: readonly SettingMark[]
}

export interface BaseFingerprint {
  readonly line: number
  /** FROM as written, without names of stages. */
  readonly from: Mark
  readonly variables: readonly SettingMark[]
  /** Mark of the image's name; `RecordedStage.images` has its digest. */
  readonly image?: Mark
  /** Id of the stage it is FROM. */
  readonly stage?: Mark
  readonly opaque?: true
}

export interface SettingMark {
  readonly set: string
  readonly by: 'ARG' | 'ENV' | 'USER' | 'WORKDIR' | 'SHELL' | 'input'
  readonly value: Mark
  readonly line: number
  readonly given?: true
  /** Names of the settings that its value was made from. */
  readonly of?: readonly string[]
}

export interface StepMark {
  readonly step: StepKind
  readonly line: number
  readonly written: Mark
  readonly effective: Mark
  readonly names?: readonly string[]
  /** Id of the tree of files it takes from the context. */
  readonly files?: Mark
  /** Ids of the stages it reads. */
  readonly stages?: readonly Mark[]
  /** What those of them are FROM that have no steps, by place in `stages`. */
  readonly bases?: Readonly<Record<string, BaseFingerprint>>
  /** Of their names: it tells another stage from one that is made of something else. */
  readonly sources?: Mark
  readonly images?: readonly Mark[]
  readonly opaque?: true
}

/** The steps of a stage, in the order of `Stage.steps`. */
export function stepsOf({ parts }: Pick<StageFingerprint, 'parts'>): readonly StepMark[] {
  return parts.filter(part => 'step' in part)
}

/** Marks of the images that a stage is FROM or reads. */
export function imagesOf(made: Pick<StageFingerprint, 'base' | 'parts'>): readonly Mark[] {
  const steps = stepsOf(made)
  const bases = [made.base, ...steps.flatMap(({ bases = {} }) => Object.values(bases))]
  return [...bases.flatMap(({ image }) => image ?? []), ...steps.flatMap(({ images = [] }) => images)]
}

/** Names a stage in fingerprints and records: its name, with its place where a later stage took the name. */
export function stageKey(stage: {
  readonly name: string
  readonly index: number
  readonly named: boolean
  readonly targetable: boolean
}): string {
  return stage.named && !stage.targetable ? `${stage.name}@${stage.index}` : stage.name
}

/** Files, links and whatever else is no directory. */
export function countFiles(tree: FileTree): number {
  return Object.entries(tree).reduce(
    (sum, [name, at]) => sum + (typeof at === 'string' ? (name === '.' ? 0 : 1) : countFiles(at)),
    0
  )
}
