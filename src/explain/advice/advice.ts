import type { Dockerfile, LineRange } from '../../dockerfile/dockerfile'
import type { BuildWarning } from '../../progress/warnings'
import type { StageResult } from '../stage-result'
import type { Manager } from './installs'
import type { WrittenStage } from './source'

/** What each rule has to say; texts are as they stand in the Dockerfile. The words are in report/advice-sentences. */
export interface AdviceDetails {
  'unpinned-base': { readonly image: string }
  'unpinned-git': { readonly repository: string }
  'unpinned-add': { readonly url: string; readonly git: boolean }
  'unpinned-download': { readonly url: string }
  'unpinned-packages': { readonly manager: Manager; readonly packages: readonly string[] }
  'apt-update-apart': { readonly updateLine: number }
  'no-cache-mount': {
    readonly manager: Manager
    readonly targets: readonly string[]
    /** `NAME=value` that makes the manager use it. */
    readonly set?: string
    /** What has to go for the mount to be of use: `--no-cache-dir`. */
    readonly dropped: readonly string[]
    /** The builder, and the mounts in it, outlives the job. */
    readonly kept: boolean
  }
  'apt-cache-mount': { readonly missing: readonly AptMountFault[] }
  'defeated-cache-mount': { readonly target: string; readonly by: string }
  'source-before-dependencies': {
    readonly manager: Manager
    readonly copyLine: number
    readonly copied: string
    /** Paths in the context. */
    readonly manifests: readonly string[]
  }
  'copies-everything': { readonly git: boolean; readonly ignoreFile: boolean; readonly stepsAfter: number }
  'changing-argument': { readonly name: string; readonly belowLine: number; readonly steps: number }
  'unnamed-stage': { readonly base: string; readonly taken: string }
  'dead-stage': { readonly taken: string }
  'emulated-build': { readonly platforms: readonly string[]; readonly tool: 'go' | 'javascript' | 'java'; readonly base: string }
  'owner-layer': { readonly command: string; readonly path: string; readonly copyLine: number }
  onbuild: { readonly foreign: number; readonly base: string }
  'buildkit-check': { readonly name: string; readonly message: string; readonly url: string }
}

export type AptMountFault = 'locked' | '/var/cache/apt' | '/var/lib/apt' | 'docker-clean'
export type AdviceRule = keyof AdviceDetails
export type AdviceLevel = 'warning' | 'notice'

interface Placed {
  readonly level: AdviceLevel
  readonly lines: LineRange
  readonly stage: string
  /** What it cost in this build, over all platforms; 0 where it cost none. */
  readonly seconds: number
}

/** What a rule found, for one line of the Dockerfile. */
export type Finding = {
  [Rule in AdviceRule]: Placed & { readonly rule: Rule } & AdviceDetails[Rule]
}[AdviceRule]

/** A finding with the Dockerfile it is about, relative to the workspace; empty where it lies elsewhere. */
export type Advice = Finding & { readonly file: string }

/** All that is known of a build when advice is given. */
export interface BuildFacts {
  readonly text: string
  readonly dockerfile: Dockerfile
  readonly results: readonly StageResult[]
  /** Index of the stage that is built. */
  readonly target: number
  /** Indices of needed stages that can have no ref. */
  readonly withoutRef: ReadonlySet<number>
  /** Names of the build args given. */
  readonly buildArgs: ReadonlySet<string>
  /** Names of `--build-context`. */
  readonly buildContexts: ReadonlySet<string>
  /** `linux/amd64`, for a builder on this very machine; missing for others. */
  readonly buildPlatform?: string
  /** The builder, and the cache mounts in it, outlives the job. */
  readonly mountsKept: boolean
  readonly warnings: readonly BuildWarning[]
  readonly context: ContextFiles
}

/** What was looked up in the build context. */
export interface ContextFiles {
  /** By path; those of `filesToRead` that are there. */
  readonly files: ReadonlyMap<string, string>
  /** Text of the ignore file that counts; undefined where there is none. */
  readonly ignore: string | undefined
  /** A `.git` lies at its root. */
  readonly git: boolean
}

/** A rule looks at the stages as they are written and run. */
export type Rule = (stages: readonly WrittenStage[], facts: BuildFacts) => readonly Finding[]

/** For one line of a stage. */
export function placed(
  stage: WrittenStage,
  lines: LineRange,
  seconds: number,
  level: AdviceLevel = 'warning'
): { level: AdviceLevel; lines: LineRange; stage: string; seconds: number } {
  return { level, lines, stage: stage.stage.name, seconds }
}
