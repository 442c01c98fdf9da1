import type { Stage } from '../dockerfile/dockerfile'
import { formatPlatform, parsePlatform } from '../dockerfile/platform'
import { parseVertexName, type VertexName } from '../progress/vertex-name'
import type { Vertex, VertexTable } from '../progress/vertices'

export type NamedStep = Extract<VertexName, { kind: 'step' }> & { readonly digest: string }

/** The steps of a table, by the stage whose name they carry. */
export class StageNames {
  private readonly byDigest = new Map<string, NamedStep>()
  private readonly byStage = new Map<string, NamedStep[]>()
  private readonly mergingGroups: ReadonlySet<string>
  private readonly repeated: ReadonlySet<string>

  constructor(
    table: VertexTable,
    private readonly needed: readonly Stage[]
  ) {
    const all = [...table.vertices.values()]
    const names = needed.map(({ name }) => name)
    this.repeated = new Set(names.filter((name, i) => names.indexOf(name) !== i))
    this.mergingGroups = new Set(all.flatMap(({ group }) => (group && !group.weak ? [group.id] : [])))
    for (const vertex of all) this.add(vertex)
  }

  step(digest: string | undefined): NamedStep | undefined {
    return digest === undefined ? undefined : this.byDigest.get(digest)
  }

  /** Several needed stages have this name, so it does not tell which one is meant. */
  isRepeated({ name }: Stage): boolean {
    return this.repeated.has(name)
  }

  /** The steps that carry the stage's name on a platform, by number. */
  of(stage: Stage, platform: string): NamedStep[] {
    // BuildKit leaves the name out where the Dockerfile has one stage and reads no other image.
    const unnamed = this.needed.length === 1 ? (this.byStage.get('') ?? []) : []
    const best = new Map<number, { readonly rank: number; readonly steps: readonly NamedStep[] }>()
    const all = [...(this.byStage.get(stage.name) ?? []), ...unnamed]
    for (const step of all) {
      const rank = platformRank(step, stage, platform)
      const known = best.get(step.number)
      if (rank === 0 || (known && known.rank > rank)) continue
      best.set(step.number, { rank, steps: known?.rank === rank ? [...known.steps, step] : [step] })
    }
    const count = new Map<number, number>()
    for (const { number } of all) count.set(number, (count.get(number) ?? 0) + 1)
    for (const step of all) {
      // One vertex for all platforms carries the name of one: what is made FROM scratch of shared files is the same on each.
      if (count.get(step.number) === 1 && !best.has(step.number)) best.set(step.number, { rank: 0, steps: [step] })
    }
    return [...best].sort(([a], [b]) => a - b).flatMap(([, { steps }]) => steps)
  }

  private add({ digest, name, inputs, group }: Vertex): void {
    const parsed = parseVertexName(name)
    if (parsed.kind !== 'step') return
    const step = { ...parsed, digest }
    this.byDigest.set(digest, step)
    // What an ADD downloads and the copying half of a COPY --link carry the name of the step that takes them.
    if (parsed.keyword === 'ADD' && inputs.length === 0) return
    if (group?.weak && this.mergingGroups.has(group.id)) return
    const stage = parsed.stage ?? ''
    const steps = this.byStage.get(stage)
    if (steps) steps.push(step)
    else this.byStage.set(stage, [step])
  }
}

/** How well a step's platform fits a row: a stage that is FROM a platform of its own serves every row. 0: not at all. */
function platformRank({ platform, crossPlatform }: NamedStep, stage: Stage, row: string): number {
  if (platform === undefined) return 1
  const parsed = parsePlatform(row)
  const wanted = parsed ? formatPlatform(parsed, true) : row
  if (crossPlatform !== undefined) return crossPlatform === wanted ? 3 : 0
  if (platform === wanted) return 2
  return stage.platform === undefined ? 0 : 1
}
