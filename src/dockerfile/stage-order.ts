import type { Dockerfile, DockerfileProblem, Stage, StageEdge } from './dockerfile'
import { neededStages, findTarget } from './stage-graph'

/**
 * What BuildKit refuses in how stages read each other: a circle of COPY --from and mounts anywhere in the file, and in a needed
 * stage the reading of one that does not stand before it. Takes what each stage reads by instructions of its own, without its
 * parent's triggers, because circles are looked for before those are known.
 * Rules: frontend/dockerfile/dockerfile2llb/convert.go (validateCircularDependency, dispatch).
 */
export function orderProblems(
  dockerfile: Dockerfile,
  ownReads: readonly (readonly StageEdge[])[],
  target: string | undefined
): readonly DockerfileProblem[] {
  const circle = findCircle(ownReads)
  if (circle !== undefined) {
    const name = dockerfile.stages[circle.stage]?.name ?? ''
    return [{ line: circle.line, message: `circular dependency detected on stage: ${name}` }]
  }
  if ('problem' in findTarget(dockerfile, target)) return []
  return neededStages(dockerfile, target).flatMap(stage =>
    stage.edges.filter(edge => edge.stage >= stage.index).map(edge => lateSource(dockerfile, stage, edge))
  )
}

function lateSource(dockerfile: Dockerfile, stage: Stage, edge: StageEdge): DockerfileProblem {
  const source = dockerfile.stages[edge.stage]?.name ?? ''
  const verb = edge.kind === 'mount' ? 'mount' : 'copy'
  return {
    line: edge.line,
    message: `cannot ${verb} from stage "${source}", it needs to be defined before current stage "${stage.name}"`
  }
}

/** The edge that closes a circle, if there is one. FROM makes none: it sees only what stands before it. */
function findCircle(reads: readonly (readonly StageEdge[])[]): StageEdge | undefined {
  const done = new Set<number>()
  const path = new Set<number>()
  function visit(index: number): StageEdge | undefined {
    if (done.has(index)) return undefined
    done.add(index)
    path.add(index)
    for (const edge of reads[index] ?? []) {
      const closing = path.has(edge.stage) ? edge : visit(edge.stage)
      if (closing !== undefined) return closing
    }
    path.delete(index)
    return undefined
  }
  for (const index of reads.keys()) {
    const closing = visit(index)
    if (closing !== undefined) return closing
  }
  return undefined
}
