import { formatPlatform, parsePlatform } from '../dockerfile/platform'
import type { Stage } from '../dockerfile/dockerfile'
import { parseVertexName, type VertexName } from '../progress/vertex-name'
import type { VertexTable } from '../progress/vertices'

export type NamedStep = Extract<VertexName, { kind: 'step' }> & { readonly digest: string }

/** The steps of a table by the stage whose name they carry. */
export class StageNames {
  private readonly byDigest = new Map<string, NamedStep>()
  private readonly byStage = new Map<string, NamedStep[]>()
  private readonly single: boolean

  constructor(table: VertexTable, needed: readonly Stage[]) {
    const counts = new Map<string, number>()
    for (const { name } of needed) counts.set(name, (counts.get(name) ?? 0) + 1)
    this.shared = new Set([...counts].filter(([, count]) => count > 1).map(([name]) => name))
    this.single = needed.length === 1
    for (const { digest, name, inputs, group } of table.vertices.values()) {
      const parsed = parseVertexName(name)
      if (parsed.kind !== 'step') continue
      const step = { ...parsed, digest }
      this.byDigest.set(digest, step)
      // What an ADD downloads and the copying half of a COPY --link carry the same name as the step.
      const half = inputs.length === 0 ? parsed.keyword === 'ADD' : group?.weak && isPartOf(digest, name, table)
      if (half) continue
      const stage = parsed.stage ?? ''
      this.byStage.set(stage, [...(this.byStage.get(stage) ?? []), step])
    }
  }

  private readonly shared: ReadonlySet<string>

  step(digest: string): NamedStep | undefined {
    return this.byDigest.get(digest)
  }

  /** Two needed stages have this name, so the name does not tell which one it is. */
  isShared({ name }: Stage): boolean {
    return this.shared.has(name)
  }

  /** The steps that carry the stage's name on a platform, by number. */
  of(stage: Stage, platform: string): NamedStep[] {
    // BuildKit leaves the name out where the Dockerfile has one stage and reads no other image.
    const all = [...(this.byStage.get(stage.name) ?? []), ...(this.single ? (this.byStage.get('') ?? []) : [])]
    const best = new Map<number, { rank: number; steps: NamedStep[] }>()
    for (const step of all) {
      const rank = platformRank(step, stage, platform)
      const known = best.get(step.number)
      if (rank === 0 || (known && known.rank > rank)) continue
      if (known?.rank === rank) known.steps.push(step)
      else best.set(step.number, { rank, steps: [step] })
    }
    return [...best].sort(([a], [b]) => a - b).flatMap(([, { steps }]) => steps)
  }
}
