/** Lines of the Dockerfile, from 1, both ends included. */
export interface LineRange {
  readonly start: number
  readonly end: number
}

export type StageBase =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'scratch' }

/** Why one stage needs another: `FROM other`, `COPY --from=other` or `RUN --mount=from=other`. */
export type EdgeKind = 'from' | 'copy' | 'mount'

export interface StageEdge {
  /** Index of the stage that is read. */
  readonly stage: number
  readonly kind: EdgeKind
  readonly line: number
}

export type StepKind = 'RUN' | 'COPY' | 'ADD' | 'WORKDIR'

/** One instruction that BuildKit runs. ONBUILD triggers that come from a base image are not in the file and not here. */
export interface Step {
  readonly kind: StepKind
  /** The instruction as written, keyword included, line continuations kept. */
  readonly text: string
  readonly lines: LineRange
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
  /** Stages this one reads, each once per kind, in file order. */
  readonly edges: readonly StageEdge[]
}

export interface Dockerfile {
  readonly stages: readonly Stage[]
}

export interface DockerfileProblem {
  readonly line: number
  readonly message: string
}
