/** Lines of the Dockerfile, from 1. */
export interface FailedLines {
  readonly start: number
  readonly end: number
}

/**
 * Which lines buildx says a build failed of: it prints the source last, with `>>>` before them (BuildKit solver/errdefs/source.go, Print). Undefined
 * where it prints none.
 */
export function parseFailedLines(text: string): FailedLines | undefined {
  const source = [...text.matchAll(/^.+:\d+\n-{20}\n((?: *\d+ \| .*\n)+)-{20}$/gm)].at(-1)?.[1] ?? ''
  const marked = [...source.matchAll(/^ *(\d+) \| >>>/gm)].map(([, line]) => Number(line))
  const [start] = marked
  return start === undefined ? undefined : { start, end: marked.at(-1) ?? start }
}
