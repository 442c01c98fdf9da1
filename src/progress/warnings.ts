import type { SolveStatus, VertexWarning } from './solve-status'

/** One of BuildKit's own checks of the Dockerfile (https://docs.docker.com/reference/build-checks/). */
export interface BuildWarning {
  /** `StageNameCasing` */
  readonly name: string
  readonly message: string
  readonly url: string
  readonly start: number
  readonly end: number
}

/**
 * The checks among a status' warnings, with their line. What else BuildKit warns of has no rule's name before it or no place.
 * Rules: frontend/dockerfile/linter/linter.go (LintFormatShort), dockerfile2llb/convert.go (`Warn`).
 */
export function readWarnings(status: SolveStatus): readonly BuildWarning[] {
  return (status.warnings ?? []).flatMap(warning => {
    const [, name = '', message = ''] = /^([A-Z][A-Za-z]+): (.+?)(?: \(line \d+\))?$/s.exec(decode(warning)) ?? []
    const range = Array.isArray(warning.range) ? warning.range[0] : undefined
    const start = range?.start?.line
    if (name === '' || start === undefined || !/\/rule\//.test(warning.url ?? '')) return []
    return [{ name, message, url: warning.url ?? '', start, end: range?.end?.line ?? start }]
  })
}

function decode({ short = '' }: VertexWarning): string {
  return Buffer.from(short, 'base64').toString('utf8')
}
