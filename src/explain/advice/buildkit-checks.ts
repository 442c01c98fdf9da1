import { placed, type Finding, type Rule } from './advice'

/** BuildKit's own checks, as they came with the build's progress; a build for several platforms says each several times. */
export const buildkitChecks: Rule = (stages, { warnings }) => {
  const said = new Set<string>()
  return warnings.flatMap((warning): Finding[] => {
    const { name, message, url, start, end } = warning
    const key = `${start} ${name} ${message}`
    const stage = stages.findLast(({ from }) => from.lines.start <= start) ?? stages[0]
    if (said.has(key) || stage === undefined) return []
    said.add(key)
    return [{ rule: 'buildkit-check', name, message, url, ...placed(stage, { start, end: Math.max(start, end) }, 0) }]
  })
}
