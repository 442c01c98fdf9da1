/** Lines of the Dockerfile, from 1, both ends included. */
export interface LineRange {
  readonly start: number
  readonly end: number
}

export type StageBase =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'scratch' }
  /** A named build context (`--build-context name=…`) that takes the place of an image, or of this very stage: then it has no steps. */
  | { readonly kind: 'context'; readonly name: string }

/** Why one stage needs another: `FROM other`, `COPY --from=other` or `RUN --mount=from=other`. */
export type EdgeKind = 'from' | 'copy' | 'mount'

export interface StageEdge {
  /** Index of the stage that is read. */
  readonly stage: number
  readonly kind: EdgeKind
  readonly line: number
}

export type StepKind = 'RUN' | 'COPY' | 'ADD' | 'WORKDIR'

/**
 * One instruction that BuildKit runs. The ONBUILD triggers of the stage that this one is FROM come first; those of a base image
 * are not in the file and not here.
 */
export interface Step {
  readonly kind: StepKind
  /** The instruction as written, keyword included, line continuations kept. */
  readonly text: string
  readonly lines: LineRange
  /** It comes from an ONBUILD of the parent stage; text and lines are those of the trigger there. */
  readonly onbuild?: true
}

export interface Stage {
  /** Position in the file, from 0. */
  readonly index: number
  /** Lower-case name as BuildKit shows it; `stage-<index>` where FROM has no AS. */
  readonly name: string
  readonly named: boolean
  /** `--target <name>` builds this very stage: it is named and no later stage took its name. */
  readonly targetable: boolean
  /** The text after FROM as written, `$ARG`s not expanded (what `--call=targets` calls base). */
  readonly baseText: string
  readonly base: StageBase
  /** Text of `FROM --platform=`, expanded; undefined where absent. */
  readonly platform?: string
  readonly lines: LineRange
  readonly steps: readonly Step[]
  /** Stages this one reads, each once per kind and line, in file order. */
  readonly edges: readonly StageEdge[]
}

export interface Dockerfile {
  readonly stages: readonly Stage[]
}

export interface DockerfileProblem {
  readonly line: number
  readonly message: string
}
