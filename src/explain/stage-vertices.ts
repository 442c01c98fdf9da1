import type { Stage, Step } from '../dockerfile/dockerfile'
import type { VertexTable } from '../progress/vertices'
import { StageNames, type NamedStep } from './stage-names'

/** A step of a stage and the vertices that made it: one, or for a `COPY --link` the copy and the merge. */
export interface StepVertices {
  readonly number: number
  /** Missing for a trigger of the base image, which is not in the Dockerfile. */
  readonly step?: Step
  /** As BuildKit shows it; empty where no vertex was found. */
  readonly command: string
  /** None when BuildKit has not announced it. */
  readonly digests: readonly string[]
}

export interface StageVertices {
  readonly stage: Stage
  /** As asked for. */
  readonly platform: string
  /** Dockerfile order. Steps that BuildKit does not make (`WORKDIR /`) are left out. */
  readonly steps: readonly StepVertices[]
}

/**
 * Which vertices made which step. Names are not enough: vertices of the same content are one, announced under the name of the stage that is
 * marshalled last (client/llb/state.go marshal, mergeMetadata), so `COPY package.json` of two stages shows one of them; and platforms
 * share the stages that run on the build platform. So a stage's last vertex is found by name or through the stages that use it,
 * and the others by going down from it: the first input of a step is the state that the step before left.
 */
export function mapStages(needed: readonly Stage[], platforms: readonly string[], table: VertexTable): StageVertices[] {
  const names = new StageNames(table, needed)
  const rows = platforms.map(platform => new PlatformStages(needed, platform, table, names).walk())
  return needed.flatMap(stage => rows.flatMap(row => row.filter(mapped => mapped.stage === stage)))
}

class PlatformStages {
  private readonly walked = new Map<number, StageVertices>()
  /** By stage index, the vertex that the stage's first step stands on. */
  private readonly below = new Map<number, string>()

  constructor(
    private readonly needed: readonly Stage[],
    private readonly platform: string,
    private readonly table: VertexTable,
    private readonly names: StageNames
  ) {}

  walk(): StageVertices[] {
    // What uses a stage comes after it in the Dockerfile.
    for (const stage of [...this.needed].reverse()) this.walked.set(stage.index, this.walkStage(stage))
    return [...this.walked.values()]
  }

  private walkStage(stage: Stage): StageVertices {
    const own = this.names.of(stage, this.platform)
    const wanted = stage.steps.filter(step => !isRootWorkdir(step))
    const steps: StepVertices[] = []
    let at = this.lastVertex(stage, own)
    let number = this.lastNumber(stage, own, at)
    for (const step of [...wanted].reverse()) {
      const named = at === undefined ? own.find(candidate => candidate.number === number && candidate.keyword === step.kind) : this.names.step(at)
      // A relative WORKDIR may lead to the root, which makes no vertex.
      if (named && named.keyword !== step.kind && step.kind === 'WORKDIR') continue
      if (named?.keyword !== step.kind) {
        steps.push({ number: number--, step, command: '', digests: [] })
        at = undefined
        continue
      }
      steps.push({ number: number--, step, command: named.command, digests: this.withLinked(named) })
      at = this.previous(named, stage, number)
    }
    // Triggers of the base image come before everything else and are counted in the total.
    const [top] = own
    const triggers = top ? top.total - stage.steps.length - (stage.base.kind === 'image' ? 1 : 0) : 0
    for (let left = triggers; left > 0 && at !== undefined; left--) {
      const named = this.names.step(at)
      if (!named?.onbuild) break
      steps.push({ number: number--, command: named.command, digests: this.withLinked(named) })
      at = this.previous(named, stage, number)
    }
    if (at !== undefined) this.below.set(stage.index, at)
    return { stage, platform: this.platform, steps: steps.reverse() }
  }

  private lastVertex(stage: Stage, own: readonly NamedStep[]): string | undefined {
    const last = stage.steps.findLast(step => !isRootWorkdir(step))
    const complete = own.filter(({ number, total }) => number === total)
    if (complete.length === 1 && !this.names.isShared(stage)) return complete[0]?.digest
    return this.fromChild(stage) ?? this.fromReader(stage, last) ?? (complete.at(-1) ?? this.highest(own, last))?.digest
  }

  /** A stage that is FROM this one stands on its last vertex. */
  private fromChild(stage: Stage): string | undefined {
    return this.needed
      .filter(other => other.base.kind === 'stage' && other.base.index === stage.index)
      .map(other => this.below.get(other.index))
      .find(digest => digest !== undefined)
  }

  /** A step that copies from this stage or mounts it has its last vertex among its inputs. */
  private fromReader(stage: Stage, last: Step | undefined): string | undefined {
    for (const reader of this.needed) {
      for (const { line } of reader.edges.filter(edge => edge.stage === stage.index && edge.kind !== 'from')) {
        const steps = this.walked.get(reader.index)?.steps ?? []
        const reading = steps.find(({ step }) => step && step.lines.start <= line && line <= step.lines.end)
        const inputs = (reading?.digests ?? []).flatMap(digest => this.table.vertices.get(digest)?.inputs ?? [])
        const below = reading && steps[steps.indexOf(reading) - 1]?.digests[0]
        const candidates = inputs.filter(
          digest => digest !== below && !reading?.digests.includes(digest) && this.names.step(digest)?.keyword === last?.kind
        )
        const [only, ...others] = [...new Set(candidates)].filter((digest, _, all) => all.length === 1 || !this.isKnown(digest))
        if (only !== undefined && others.length === 0) return only
      }
    }
    return undefined
  }

  /** It carries the name of a needed stage other than the one looked for, which has found it. */
  private isKnown(digest: string): boolean {
    return [...this.walked.values()].some(({ steps }) => steps.at(-1)?.digests.includes(digest))
  }

  /** The last of its names; where a WORKDIR made no vertex numbers end before the total. */
  private highest(own: readonly NamedStep[], last: Step | undefined): NamedStep | undefined {
    const top = own.at(-1)
    return top && top.keyword === last?.kind ? top : undefined
  }

  private lastNumber(stage: Stage, own: readonly NamedStep[], last: string | undefined): number {
    const named = own.find(({ digest }) => digest === last)
    if (named) return named.number
    return own.at(-1)?.total ?? stage.steps.length + (stage.base.kind === 'image' ? 1 : 0)
  }

  private previous(named: NamedStep, stage: Stage, number: number): string | undefined {
    const first = this.table.vertices.get(named.digest)?.inputs[0]
    // On scratch a first step's inputs are only what it copies.
    if (first === undefined || (stage.base.kind === 'scratch' && number === 0)) return undefined
    return first
  }

  /** With the copying half of a `COPY --link`, whichever stage it carries the name of. */
  private withLinked({ digest, link }: NamedStep): string[] {
    const copied = link ? (this.table.vertices.get(digest)?.inputs.slice(1) ?? []) : []
    return [digest, ...copied.filter(input => this.table.vertices.get(input)?.group?.weak)]
  }
}

function isRootWorkdir({ kind, text }: Step): boolean {
  return kind === 'WORKDIR' && /^\S+\s+["']?\/[/.]*["']?\s*$/.test(text)
}
