import type { Stage } from '../dockerfile/dockerfile'
import type { Prefix } from './prefetch'

/** The Dockerfile up to a prefix's last line: its last stage is the prefix. */
export function cutDockerfile(text: string, { lastLine }: Prefix): string {
  return `${text.split('\n').slice(0, lastLine).join('\n')}\n`
}

/**
 * The Dockerfile and one more stage, which looks for files that are not there in this one, and takes nothing. For that BuildKit pulls and
 * unpacks all layers of the stage, which it otherwise does when a step stands on them; a pattern may match no file
 * (dockerfile2llb/convert_copy.go, AllowEmptyWildcard).
 */
export function readingDockerfile(text: string, { index }: Stage): string {
  return withStages(text, `FROM scratch\nCOPY --from=${index} ${noFile} /\n`)
}

/** The Dockerfile with more stages at its end. */
export function withStages(text: string, stages: string): string {
  // BuildKit takes a file that ends in its escape character as if it did not.
  const continued = /^#\s*escape\s*=\s*`/im.test(text) ? /`\s*$/ : /\\\s*$/
  return `${text.replace(continued, '').replace(/\n*$/, '\n')}${stages}`
}

/** Whether a vertex, by its name, is the step that `readingDockerfile` adds: none of the user's. */
export function readsNoFile(vertexName: string): boolean {
  return vertexName.endsWith(` ${noFile} /`)
}

/** In the root directory: BuildKit takes it for an error when the directory of a pattern is not there. */
const noFile = '/.stage-cache-build-nothing*'
