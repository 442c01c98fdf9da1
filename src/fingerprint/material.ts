import type { StepKind } from '../dockerfile/dockerfile'
import type { ContextRead } from './context-reads'

/**
 * What one stage is made from on one platform, with the values of build arguments in it: it never leaves the memory of the job.
 * `sealMaterial` makes the record of it.
 */
export interface StageMaterial {
  readonly name: string
  readonly index: number
  readonly platform: string
  readonly base: BaseMaterial
  /** The arguments declared before the first FROM. */
  readonly globals: readonly SettingMaterial[]
  /** In the order of the file; the settings that the stage inherits come first. */
  readonly parts: readonly (SettingMaterial | StepMaterial)[]
}

/** Of a stage that is FROM one without steps it is what that one is FROM. */
export interface BaseMaterial {
  readonly line: number
  /** The stage it is FROM, by index. */
  readonly stage?: number
  /** The image it is FROM, expanded, in Docker's short form (`alpine:3.20`). */
  readonly image?: string
  /** FROM as written. */
  readonly written: string
  /** The name of the image or stage in it, as people may see it: variables are not expanded where a value of input build-args may be in them. */
  readonly shown: string
  /** The global arguments that FROM names. */
  readonly variables: readonly SettingMaterial[]
  /** It is FROM something whose content is not known here: a named build context. */
  readonly opaque: boolean
}

/** Something that stays in force for the steps behind it. */
export interface SettingMaterial {
  readonly kind: 'setting'
  /** `NAME` of a variable, or `USER`, `WORKDIR`, `SHELL` or an input's name behind a blank, which no variable has. */
  readonly name: string
  readonly by: 'ARG' | 'ENV' | 'USER' | 'WORKDIR' | 'SHELL' | 'input'
  readonly value: string
  readonly line: number
  /** The value came from input build-args. */
  readonly given: boolean
  /** Names of the variables that the value was made from directly. */
  readonly of: readonly string[]
}

export interface StepMaterial {
  readonly kind: 'step'
  readonly keyword: StepKind
  readonly line: number
  /** As written, line continuations joined. */
  readonly written: string
  /** What of it is part of the cache key, variables expanded except for RUN. */
  readonly effective: string
  /** The settings that `effective` was made with; a RUN sees all others too. */
  readonly names: readonly string[]
  readonly reads: readonly ContextRead[]
  /** Stages it copies from or mounts, by index. */
  readonly stages: readonly number[]
  /** What those of `stages` are FROM that have no steps of their own, by place in `stages`. */
  readonly bases: Readonly<Record<number, BaseMaterial>>
  /** Images it copies from or mounts, in Docker's short form. */
  readonly images: readonly string[]
  /** It reads something whose content is not known here: a URL, a repository, a named build context. */
  readonly opaque: boolean
}
