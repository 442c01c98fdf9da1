import type { Inputs } from '../inputs'
import { quoted } from './reader'
import type { InputProblem } from './reader'

/** Inputs that are fine each by itself and make no sense together: what buildx would refuse, or what would silently do nothing. */
export function relationProblems(inputs: Inputs): readonly InputProblem[] {
  return [...buildProblems(inputs), ...cacheProblems(inputs), ...builderProblems(inputs)]
}

function buildProblems({
  noCache,
  noCacheFilters,
  push,
  tags,
  outputs,
  minHitRate,
  onLowHitRate
}: Inputs): readonly InputProblem[] {
  const problems: InputProblem[] = []
  if (noCache && noCacheFilters.length > 0) {
    problems.push(problem(['no-cache-filters', 'no-cache'], `no-cache: true rebuilds every stage already. ${leaveOut}`))
  }
  if (onLowHitRate === 'fail' && minHitRate === undefined) {
    problems.push(
      problem(['min-hit-rate', 'on-low-hit-rate'], 'on-low-hit-rate: fail needs the rate to fail below, such as min-hit-rate: 80')
    )
  }
  // buildx: "tag is needed when pushing to registry". An output may name the image itself.
  if (push && tags.length === 0 && !outputs.some(output => /(^|,)"?\s*name=/.test(output))) {
    problems.push(
      problem(['tags', 'push', 'outputs'], 'push: true needs the name to push to, such as tags: ghcr.io/acme/app:latest')
    )
  }
  return problems
}

function cacheProblems({ cacheWrite, cacheExport }: Inputs): readonly InputProblem[] {
  if (cacheWrite !== 'true' || cacheExport !== 'off') return []
  return [problem(['cache-write', 'cache-export'], `cache-write: true asks to save what cache-export: off does not. ${leaveOut}`)]
}

function builderProblems(inputs: Inputs): readonly InputProblem[] {
  const { builder, driver, buildkitdConfig, buildkitdConfigInline } = inputs
  const daemon = given({
    'buildkitd-flags': inputs.buildkitdFlags,
    'buildkitd-config': buildkitdConfig,
    'buildkitd-config-inline': buildkitdConfigInline,
    'keep-state': inputs.keepState ? 'true' : ''
  })
  const all = given({
    name: inputs.name,
    'driver-opts': inputs.driverOpts.join(),
    endpoint: inputs.endpoint,
    'node-platforms': inputs.nodePlatforms.join(),
    append: inputs.append,
    use: inputs.use ? 'true' : ''
  })
  const problems: InputProblem[] = []
  if (buildkitdConfig !== '' && buildkitdConfigInline !== '') {
    problems.push(problem(['buildkitd-config-inline', 'buildkitd-config'], `buildkitd-config names a file already. ${leaveOut}`))
  }
  if (builder !== '') {
    const useless = [...(driver === 'auto' ? [] : ['driver']), ...all, ...daemon]
    return [...problems, ...useless.map(name => problem([name], `builder ${quoted(builder)} is used as it is. ${leaveOut}`))]
  }
  if (driver === 'docker') {
    return [
      ...problems,
      ...[...all, ...daemon].map(name => problem([name, 'driver'], `driver: docker is the engine itself. ${leaveOut}`))
    ]
  }
  if (driver === 'kubernetes' && inputs.keepState) {
    problems.push(problem(['keep-state', 'driver'], 'only driver: docker-container can keep its state. Leave keep-state out'))
  }
  if (driver === 'remote') {
    problems.push(
      ...daemon.map(name => problem([name, 'driver'], `driver: remote uses a BuildKit that runs already. ${leaveOut}`))
    )
    if (inputs.endpoint === '') {
      problems.push(problem(['endpoint', 'driver'], 'driver: remote needs the address of BuildKit, such as tcp://buildkitd:1234'))
    }
  }
  return problems
}

const leaveOut = 'Leave one of the two out'

/** The first input is the one to change. */
function problem(about: readonly string[], text: string): InputProblem {
  return { about, text: `${about[0]}: ${text}` }
}

function given(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(values).filter(name => values[name] !== '')
}
