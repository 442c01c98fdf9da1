import type { StageResult } from '../explain/stage-result'
import type { StageStatus } from '../reasons'
import { count, seconds } from './amounts'
import { group } from './group'
import { diagram, join, NOTHING, ours, sentence, type Markdown } from './markdown'
import { joinMermaid, label, mermaid, type Mermaid } from './mermaid'
import type { BuildReport, StageReads } from './report'
import { causeWords, statusWords } from './sentences'
import { noStepsShort, rebuiltWords } from './sentences-stages'
import { firstRun, hasOwnCause, inOrder } from './tallies'
import { plain } from './words'

/** More than this nobody reads in one picture. */
const MOST_STAGES = 40
const MOST_CAUSES = 8
/** GitHub's mermaid draws up to 50,000 characters and 500 edges (maxTextSize, maxEdges), of so many edges in seconds. */
const MOST_CHARACTERS = 45_000
const MOST_EDGES = 120

/** The needed stages and what reads what, coloured by status; what made a stage run stands on the edges. With many stages, those with news. */
export function stageGraph(report: Pick<BuildReport, 'stages' | 'edges'>, rows: number): Markdown {
  const all = nodesOf(report.stages)
  if (all.length < 2) return NOTHING
  for (let most = Math.min(rows, MOST_STAGES); most > 1; most = Math.floor(most / 2)) {
    const nodes = choose(all, report.edges, most)
    const edges = report.edges.filter(({ reader, read }) => nodes.has(reader) && nodes.has(read))
    const source = draw([...nodes.values()], edges)
    if (edges.length > MOST_EDGES || source.length > MOST_CHARACTERS) continue
    const left = all.length - nodes.size
    return join([diagram(source), left > 0 ? ours`… and ${sentence([count(left, 'more stage')])}.` : NOTHING], '\n\n')
  }
  return NOTHING
}

/** A stage over all its platforms. */
interface Node {
  readonly index: number
  /** The platform that says most: where a step failed, else where one ran. */
  readonly shown: StageResult
  readonly steps: number
  readonly cached: number
  readonly seconds: number
}

/** What says most comes first. */
const byNews: readonly StageStatus[] = ['failed', 'miss', 'partial', 'not-run', 'unknown', 'hit']

function nodesOf(stages: readonly StageResult[]): readonly Node[] {
  return group(inOrder(stages), ({ index }) => index).map(([first, ...others]) => {
    const platforms = [first, ...others]
    const sum = (amount: (stage: StageResult) => number) => platforms.reduce((total, stage) => total + amount(stage), 0)
    return {
      index: first.index,
      shown: platforms.toSorted((a, b) => byNews.indexOf(a.status) - byNews.indexOf(b.status))[0] ?? first,
      steps: sum(({ steps }) => steps.length),
      cached: sum(({ cached }) => cached),
      seconds: sum(stage => stage.seconds)
    }
  })
}

/** All where they fit; else those with news, and what these read as far as there is room. Dockerfile order. */
function choose(all: readonly Node[], edges: readonly StageReads[], most: number): ReadonlyMap<number, Node> {
  const news = new Set(all.filter(({ shown }) => shown.status !== 'hit').map(({ index }) => index))
  const read = new Set(edges.filter(({ reader }) => news.has(reader)).map(edge => edge.read))
  const rank = ({ index }: Node) => (news.has(index) ? 0 : read.has(index) ? 1 : 2)
  const wanted = all.length > most ? all.filter(node => rank(node) < 2) : all
  const chosen = wanted.toSorted((a, b) => rank(a) - rank(b)).slice(0, most)
  return new Map(chosen.toSorted((a, b) => a.index - b.index).map(node => [node.index, node]))
}

function draw(nodes: readonly Node[], edges: readonly StageReads[]): Mermaid {
  const causes = nodes.filter(({ shown }) => showsCause(shown)).toSorted((a, b) => b.seconds - a.seconds)
  const drawn = new Set(causes.slice(0, MOST_CAUSES))
  const lines = [
    edgeLook,
    mermaid`flowchart ${depth(nodes, edges) > LONGEST_ROW ? mermaid`TD` : mermaid`LR`}`,
    ...nodes.map(node => mermaid`s${node.index}["${nodeLabel(node)}"]:::${nodeClass(node)}`),
    ...nodes.filter(node => drawn.has(node)).flatMap(causeLines),
    ...edges.map(({ reader, read }) =>
      leadsOn(reader, read, nodes, edges)
        ? mermaid`s${read} ==>|"${edgeLabel(plain(rebuiltWords))}"| s${reader}`
        : mermaid`s${read} --> s${reader}`
    ),
    ...classLines,
    // Only where there are edges: mermaid refuses it otherwise.
    ...(edges.length + drawn.size > 0 ? [mermaid`linkStyle default color:#ffffff`] : [])
  ]
  return joinMermaid(lines, '\n')
}

/** Stages in a row that a page is wide enough for. */
const LONGEST_ROW = 4

function depth(nodes: readonly Node[], edges: readonly StageReads[]): number {
  const depths = new Map<number, number>()
  // What a stage reads comes before it in the Dockerfile.
  for (const { index } of nodes) {
    depths.set(index, 1 + Math.max(0, ...edges.filter(({ reader }) => reader === index).map(({ read }) => depths.get(read) ?? 0)))
  }
  return Math.max(0, ...depths.values())
}

function nodeLabel({ shown, steps, cached, seconds: time }: Node): Mermaid {
  const facts =
    steps === 0
      ? [label(plain(noStepsShort))]
      : [mermaid`${label(statusWords(shown).word)} ${cached}#47;${steps}`, time > 0 ? label(plain([seconds(time)])) : mermaid``]
  return joinMermaid([label(shown.name, 60), joinMermaid(facts, ' · ')], '<br>')
}

/** The step that ran first stands before its stage, why it ran on the edge between them. */
function causeLines({ index, shown }: Node): readonly Mermaid[] {
  const step = firstRun(shown)
  if (!step) return []
  return [
    mermaid`c${index}(["${label(step.command, 40)}"]):::cause`,
    mermaid`c${index} ==>|"${edgeLabel(plain(causeWords(shown)))}"| s${index}`
  ]
}

/** With a blank at both ends, which mermaid leaves no room for. */
function edgeLabel(text: string): Mermaid {
  return mermaid`#160;${label(text, 60)}#160;`
}

/** That nothing was saved yet holds for all stages and is said elsewhere. */
function showsCause({ reason }: StageResult): boolean {
  return reason !== null && hasOwnCause(reason)
}

/** The reader was rebuilt because of what it reads, directly or through stages without steps. */
function leadsOn(reader: number, read: number, nodes: readonly Node[], edges: readonly StageReads[]): boolean {
  const reason = nodes.find(({ index }) => index === reader)?.shown.reason
  if (reason?.code !== 'parent-rebuilt' || reason.earlier) return false
  const from = nodes.find(({ index }) => index === read)
  if (!from) return false
  if (from.shown.name === reason.parent) return true
  return from.steps === 0 && edges.some(edge => edge.reader === read && leadsOn(reader, edge.read, nodes, edges))
}

function nodeClass({ shown, steps }: Node): Mermaid {
  return steps === 0 && shown.status === 'hit' ? mermaid`bare` : classOf[shown.status]
}

const classOf: { readonly [status in StageStatus]: Mermaid } = {
  hit: mermaid`hit`,
  partial: mermaid`partial`,
  miss: mermaid`miss`,
  failed: mermaid`failed`,
  'not-run': mermaid`off`,
  unknown: mermaid`off`
}

/** Text on edges has to be read in light and dark: mermaid's own dark grey on grey is not. */
const edgeLook = mermaid`%%{init: {"themeVariables": {"edgeLabelBackground": "#59636e"}}}%%`

/** White on these has a contrast of at least 4.5, and they stand out from a white page and from a black one. */
const classLines = [
  mermaid`classDef hit fill:#1a7f37,stroke:#1a7f37,color:#ffffff`,
  mermaid`classDef partial fill:#8a5d00,stroke:#d4a72c,color:#ffffff`,
  mermaid`classDef miss fill:#b54708,stroke:#fb8f44,color:#ffffff`,
  mermaid`classDef failed fill:#cf222e,stroke:#ff8182,color:#ffffff`,
  mermaid`classDef off fill:#59636e,stroke:#afb8c1,color:#ffffff,stroke-dasharray:4`,
  mermaid`classDef bare fill:#59636e,stroke:#59636e,color:#ffffff`,
  mermaid`classDef cause fill:none,stroke:#848d97,stroke-dasharray:4`
]
