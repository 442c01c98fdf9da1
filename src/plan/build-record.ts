import { isAbsolute, resolve } from 'node:path'
import { isRemote } from './remote-context'

type Env = Readonly<Record<string, string | undefined>>

/** A build in BuildKit's history, as buildx names it: `builder/node/id`. */
export interface BuildRef {
  readonly builder: string
  readonly node: string
  readonly id: string
}

/** What becomes of the build's record. `refused`: the days it is to be kept are no number. */
export type RecordPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'upload'; readonly retentionDays?: number }
  | { readonly kind: 'refused'; readonly retentionDays: string }

/**
 * Switches and conditions of docker/build-push-action v7 (its src/main.ts): uploaded with the summary, unless DOCKER_BUILD_RECORD_UPLOAD says no, and not on
 * GitHub Enterprise Server, whose service of artifacts is another. 0 days are the repository's own setting.
 */
export function planRecord(
  env: Env,
  { summary, artifacts }: { readonly summary: boolean; readonly artifacts: boolean }
): RecordPlan {
  const off = /^(?:0|f|false)$/i.test(env['DOCKER_BUILD_RECORD_UPLOAD'] ?? '')
  if (off || !summary || !artifacts || isEnterpriseServer(env['GITHUB_SERVER_URL'] ?? '')) return { kind: 'none' }
  const days = (env['DOCKER_BUILD_RECORD_RETENTION_DAYS'] ?? '').trim()
  if (days === '') return { kind: 'upload' }
  return /^\d{1,6}$/.test(days) ? { kind: 'upload', retentionDays: Number(days) } : { kind: 'refused', retentionDays: days }
}

/** As GitHub's own clients tell it (@actions/artifact, `isGhes`). */
function isEnterpriseServer(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : 'github.com'
  return host !== 'github.com' && !host.endsWith('.ghe.com') && !host.endsWith('.localhost')
}

/** The build that buildx' metadata file is of; undefined where it does not say. */
export function parseBuildRef(metadata: string): BuildRef | undefined {
  try {
    const ref = (JSON.parse(metadata) as Readonly<Record<string, unknown>>)['buildx.build.ref']
    const [builder, node, id, ...more] = typeof ref === 'string' ? ref.split('/') : []
    return builder && node && id && buildId.test(id) && more.length === 0 ? { builder, node, id } : undefined
  } catch {
    return undefined
  }
}

/** Of every id that BuildKit gives (its identity/randomid.go). */
export const buildId = /^[0-9a-z]{1,64}$/

/** Directory in which buildx writes down the builds of a builder, `node/id` below it (docker/buildx localstate/localstate.go). */
export function buildRefsDirectory(env: Env, builder: string): string {
  const config = env['DOCKER_CONFIG'] || `${env['HOME'] ?? ''}/.docker`
  return `${env['BUILDX_CONFIG'] || `${config}/buildx`}/refs/${builder}`
}

/** Whether what buildx wrote down of a build says that it was of this context. */
export function isBuildOf(context: string, written: string): boolean {
  try {
    const { LocalPath: path } = JSON.parse(written) as { readonly LocalPath?: unknown }
    if (typeof path !== 'string') return false
    return isRemote(context) ? path === context : isAbsolute(path) && path === resolve(context)
  } catch {
    return false
  }
}

/** Name of the record's file and artifact, docker/build-push-action's (docker/actions-toolkit src/buildx/history.ts, `exportFilename`). */
export function recordName(repository: string, { id }: BuildRef): string {
  return `${repository.replaceAll('/', '~')}~${id.slice(0, 6).toUpperCase()}.dockerbuild`
}

/** Writes the record of a build that has ended to a file. `--finalize`, since buildx 0.24: its trace would follow seconds later. */
export function exportRecordArgv({ builder, id }: BuildRef, path: string): readonly string[] {
  return ['buildx', 'history', 'export', `--builder=${builder}`, '--finalize', `--output=${path}`, id]
}

/** Whether the builder keeps no record of the build: it failed before it began, or the builder keeps none at all. */
export function hasNoRecord(stderr: string): boolean {
  return /no record found/.test(stderr)
}

/** Whether buildx is older than that. */
export function exportsNoRecords(stderr: string): boolean {
  return /unknown (?:shorthand )?flag|unknown command|is not a docker command/.test(stderr)
}
