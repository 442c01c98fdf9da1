import { argumentsOf, flagValues } from '../../dockerfile/instruction-text'
import { placed, type Finding, type Rule } from './advice'
import { imageName, withParents, type Instruction, type WrittenStage } from './source'

/**
 * A stage that was built by emulation though its result is the same, or can be made, on the machine's own platform. Only for what is
 * known to be so: Go without C, the files of a web page, and Java archives.
 */
export const emulatedBuild: Rule = (stages, { buildPlatform, results, target }) => {
  if (buildPlatform === undefined) return []
  return stages.flatMap((stage): Finding[] => {
    const { index, base, platform, baseText } = stage.stage
    if (index === target || base.kind !== 'image' || platform !== undefined) return []
    const emulated = results.filter(
      result =>
        result.index === index &&
        !runsNatively(result.platform, buildPlatform) &&
        result.steps.some(({ status }) => status === 'ran')
    )
    const readers = stages.filter(other => other.stage.edges.some(edge => edge.stage === index))
    if (
      emulated.length === 0 ||
      readers.some(other => other.stage.edges.some(edge => edge.stage === index && edge.kind !== 'copy'))
    )
      return []
    const copied = readers.flatMap(other => copiesFrom(other, stage))
    const tool = toolOf(stage, copied)
    if (tool === undefined) return []
    const seconds = emulated.reduce((sum, result) => sum + result.seconds, 0)
    const platforms = emulated.map(result => result.platform)
    return [{ rule: 'emulated-build', platforms, tool, base: baseText, ...placed(stage, stage.from.lines, seconds) }]
  })
}

/** Processors run the programs of the lesser ones of their kind. */
function runsNatively(platform: string, machine: string): boolean {
  const [, architecture = ''] = platform.split('/')
  const [, own = ''] = machine.split('/')
  return architecture === own || (own === 'amd64' && architecture === '386') || (own === 'arm64' && architecture === 'arm')
}

/** The sources of all `COPY --from` of that stage. */
function copiesFrom(reader: WrittenStage, { stage }: WrittenStage): readonly string[] {
  return reader.instructions
    .filter(({ keyword, source }) => {
      const from = keyword === 'COPY' ? (flagValues(source, 'from').at(-1) ?? '').toLowerCase() : ''
      return from !== '' && (from === stage.name || from === String(stage.index))
    })
    .flatMap(({ source }) => argumentsOf(source).slice(0, -1))
}

function toolOf(stage: WrittenStage, copied: readonly string[]): 'go' | 'javascript' | 'java' | undefined {
  const all = withParents(stage)
  const calls = (program: RegExp) =>
    all.some(({ commands }) => commands.some(({ words }) => program.test(words.slice(0, 3).join(' '))))
  const image = imageName(stage)
  if (image === 'golang' && calls(/^go build/)) {
    return calls(/^go install/) || all.some(usesC) || !all.some(disablesC) ? undefined : 'go'
  }
  if (image === 'node' && calls(/^(?:npm|yarn|pnpm|npx|ng|vite)\b.*\bbuild\b/)) {
    return copied.length > 0 &&
      copied.every(
        path =>
          /\/(?:dist|build|out|public|www|html|_site|browser)(?:\/[\w.-]*)*\/?$/.test(path) &&
          !/node_modules|\.next|standalone/.test(path)
      )
      ? 'javascript'
      : undefined
  }
  if (/^(?:maven|gradle)$/.test(image) && calls(/^(?:mvn|gradle|\.\/mvnw|\.\/gradlew)\b/)) {
    return copied.length > 0 && copied.every(path => /\.(?:jar|war)$/.test(path)) ? 'java' : undefined
  }
  return undefined
}

function usesC({ source, environment }: Instruction): boolean {
  return (
    /CGO_ENABLED[= ]["']?1|\b(?:gcc|build-base|build-essential|musl-dev|g\+\+)\b/.test(source.source) ||
    environment.get('CGO_ENABLED') === '1'
  )
}

function disablesC({ source, environment }: Instruction): boolean {
  return /CGO_ENABLED[= ]["']?0/.test(source.source) || environment.get('CGO_ENABLED') === '0'
}
