import type { Stage, Step } from '../dockerfile/dockerfile'
import type { VertexTable } from '../progress/vertices'
import { StageNames, type NamedStep } from './stage-names'

/** A step of a stage and the vertices that make it: one, or for a `COPY --link` the merge and the copy. */
export interface StepVertices {
  readonly number: number
  /** Missing for a trigger of the base image, which is not in the Dockerfile. */
  readonly step?: Step
  /** As BuildKit shows it; empty where no vertex was found. */
  readonly command: string
  /** None when BuildKit has not announced the step. */
  readonly digests: readonly string[]
}

export interface StageVertices {
  readonly stage: Stage
  readonly platform: string
  /** Dockerfile order. Steps that BuildKit does not make (`WORKDIR /`) are left out. */
  readonly steps: readonly StepVertices[]
}

/**
 * Which vertices make which step, for each stage and platform. Names are not enough: vertices of the same content are one, and carry the
 * name of the stage that is marshalled last (BuildKit client/llb/state.go marshal, mergeMetadata), so of two stages that both
 * `COPY package.json` on the same base only one shows it; and platforms share what runs on the build platform. So a stage's last
 * vertex is found by its name or through the stages that use it, and the others by going down from there: the first input of a step
 * is the state that the step before left.
 */
export function mapStages(needed: readonly Stage[], platforms: readonly string[], table: VertexTable): StageVertices[] {
  const names = new StageNames(table, needed)
  const rows = platforms.flatMap(platform => new StageWalk(needed, platform, table, names).mapped)
  return needed.flatMap(stage => rows.filter(row => row.stage === stage))
}

class StageWalk {
  readonly mapped: StageVertices[] = []
  /** By stage index, the vertex that the first step stands on. */
  private readonly below = new Map<number, string>()

  constructor(
    private readonly needed: readonly Stage[],
    private readonly platform: string,
    private readonly table: VertexTable,
    private readonly names: StageNames
  ) {
    // What uses a stage comes after it in the Dockerfile.
    for (const stage of [...needed].reverse()) this.mapped.push(this.walkDown(stage))
  }

  private walkDown(stage: Stage): StageVertices {
    const own = this.names.of(stage, this.platform)
    const counted = countsItsBase(stage)
    const total = own.at(-1)?.total ?? madeSteps(stage).length + counted
    let at = this.lastVertex(stage, own)
    let number = own.find(({ digest }) => digest === at)?.number ?? total
    const steps: StepVertices[] = []
    const take = (named: NamedStep, step?: Step) => {
      steps.push({ number: number--, ...(step ? { step } : {}), command: named.command, digests: this.withCopy(named) })
      // On scratch the inputs of a first step are only what it reads.
      at = stage.base.kind === 'scratch' && number === 0 ? undefined : this.table.vertices.get(named.digest)?.inputs[0]
    }
    for (const step of madeSteps(stage).reverse()) {
      const named = this.names.step(at) ?? own.find(other => other.number === number && other.keyword === step.kind)
      if (named?.keyword === step.kind) take(named, step)
      // A relative WORKDIR that leads to the root makes no vertex.
      else if (!named || step.kind !== 'WORKDIR') {
        steps.push({ number: number--, step, command: '', digests: [] })
        at = undefined
      }
    }
    // Triggers of the base image come first; only the total tells how many there are.
    for (let left = own.length > 0 ? total - stage.steps.length - counted : 0; left > 0; left--) {
      const named = this.names.step(at)
      if (!named?.onbuild) break
      take(named)
    }
    if (at !== undefined) this.below.set(stage.index, at)
    return { stage, platform: this.platform, steps: steps.reverse() }
  }

  private lastVertex(stage: Stage, own: readonly NamedStep[]): string | undefined {
    const last = madeSteps(stage).at(-1)
    const ends = own.filter(({ number, total }) => number === total)
    if (ends.length === 1 && !this.names.isRepeated(stage)) return ends[0]?.digest
    const used = this.underChild(stage) ?? (last && this.insideReader(stage, last))
    // Where a WORKDIR made no vertex, or the base image is empty, the numbers end before the total.
    return used ?? (ends.at(-1) ?? own.findLast(({ keyword }) => keyword === last?.kind))?.digest
  }

  /** A stage that is FROM this one stands on its last vertex. */
  private underChild(stage: Stage): string | undefined {
    const children = this.needed.filter(({ base }) => base.kind === 'stage' && base.index === stage.index)
    return children.map(child => this.below.get(child.index)).find(digest => digest !== undefined)
  }

  /** A step that copies from this stage or mounts it has its last vertex among its inputs. */
  private insideReader(stage: Stage, last: Step): string | undefined {
    for (const reader of this.mapped) {
      for (const { line } of reader.stage.edges.filter(edge => edge.stage === stage.index && edge.kind !== 'from')) {
        const i = reader.steps.findIndex(({ step }) => step && step.lines.start <= line && line <= step.lines.end)
        const digests = reader.steps[i]?.digests ?? []
        const below = i > 0 ? reader.steps[i - 1]?.digests[0] : this.below.get(reader.stage.index)
        const read = new Set(digests.flatMap(digest => this.table.vertices.get(digest)?.inputs ?? []))
        const fitting = [...read].filter(
          digest => digest !== below && !digests.includes(digest) && this.names.step(digest)?.keyword === last.kind
        )
        const candidates = fitting.length > 1 ? fitting.filter(digest => !this.endsAnother(digest)) : fitting
        if (candidates.length === 1) return candidates[0]
      }
    }
    return undefined
  }

  private endsAnother(digest: string): boolean {
    return this.mapped.some(({ steps }) => steps.at(-1)?.digests.includes(digest))
  }

  /** With the copying half of a `COPY --link`, whichever stage's name that carries. */
  private withCopy({ digest, link }: NamedStep): string[] {
    const inputs = link ? (this.table.vertices.get(digest)?.inputs.slice(1) ?? []) : []
    return [digest, ...inputs.filter(input => this.table.vertices.get(input)?.group?.weak)]
  }
}

/** BuildKit counts FROM as the first step unless the base is a stage or scratch (dockerfile2llb/convert.go). */
function countsItsBase({ base }: Stage): number {
  return base.kind === 'image' || base.kind === 'context' ? 1 : 0
}

/** Without those that are seen to make no vertex: the root is there already. */
function madeSteps({ steps }: Stage): Step[] {
  return steps.filter(({ kind, text }) => kind !== 'WORKDIR' || !/^\S+\s+["']?\/[/.]*["']?\s*$/.test(text))
}
