import { lastLine, messageOf } from '../errors'
import type { Host } from '../host'
import type { Inputs } from '../inputs'
import {
  buildId,
  buildRefsDirectory,
  exportRecordArgv,
  exportsNoRecords,
  hasNoRecord,
  isBuildOf,
  parseBuildRef,
  planRecord,
  recordName
} from '../plan/build-record'
import type { BuildRef } from '../plan/build-record'
import { recordNotice, recordText } from '../report/build-record'
import type { RecordReport } from '../report/build-record'
import type { BuildRun } from './build'
import type { Cancellation } from './cancellation'
import { wantsSummary } from './wants-summary'

/** Seconds that writing the record may take, and then uploading it. */
const exportSeconds = 30
const uploadSeconds = 30

export interface EndedBuild {
  readonly inputs: Pick<Inputs, 'context'>
  readonly builder: { readonly name: string }
  readonly run: Pick<BuildRun, 'exitCode' | 'started'>
  /** Text of buildx' metadata file; empty for a build that failed. */
  readonly metadata: string
}

/**
 * Uploads the record of a build as an artifact of the run, as docker/build-push-action does. Undefined where none is wanted or there is none; nothing is
 * started then. Never rejects.
 */
export async function uploadBuildRecord(
  host: Host,
  cancellation: Cancellation,
  build: EndedBuild
): Promise<RecordReport | undefined> {
  const plan = planRecord(host.env, { summary: wantsSummary(host), artifacts: host.artifacts.available })
  if (plan.kind === 'none' || cancellation.requested()) return undefined
  if (plan.kind === 'refused') return { state: 'refused', retentionDays: plan.retentionDays }
  try {
    const ref = parseBuildRef(build.metadata) ?? (await findStartedBuild(host, build))
    if (!ref) return undefined
    const directory = await host.files.makeTemporary('record-')
    const name = recordName(host.env['GITHUB_REPOSITORY'] ?? '', ref)
    const path = `${directory}/${name}`
    const exporting = host.exec.start('docker', exportRecordArgv(ref, path), { timeoutSeconds: exportSeconds })
    const { exitCode, stderr, timedOut } = await cancellation.watch(exporting).result
    if (timedOut) throw new Error(`not written within ${exportSeconds} s`)
    if (exitCode !== 0 && exportsNoRecords(stderr)) return { state: 'old-buildx' }
    if (exitCode !== 0 && hasNoRecord(stderr)) return undefined
    const bytes = await host.files.size(path)
    if (exitCode !== 0 || bytes === undefined) throw new Error(lastLine(stderr) || `exit code ${exitCode}`)
    const artifact = await host.artifacts.upload(path, { retentionDays: plan.retentionDays, timeoutSeconds: uploadSeconds })
    await host.files.remove(directory)
    return { state: 'uploaded', name, bytes, artifact, run: Number(host.env['GITHUB_RUN_ID']) }
  } catch (error) {
    // What the runner's signal ended is no trouble.
    return cancellation.requested() ? undefined : { state: 'failed', detail: messageOf(error) }
  }
}

/** Says in the log what became of the record: a line, or one notice. */
export function tellRecord(host: Host, record: RecordReport | undefined): void {
  const text = recordText(record)
  if (text !== undefined) host.log.info(text)
  const notice = recordNotice(record)
  if (notice) host.workflow.annotate({ level: 'notice', ...notice, startLine: 1, endLine: 1 })
}

/**
 * buildx names a build that failed nowhere but in its own directory: the first of this context that was written down there since the build was started.
 * What is built beside it starts later.
 */
async function findStartedBuild(host: Host, { inputs, builder, run }: EndedBuild): Promise<BuildRef | undefined> {
  if (run.exitCode === 0) return undefined
  const directory = buildRefsDirectory(host.env, builder.name)
  const found: { readonly ref: BuildRef; readonly modified: number }[] = []
  for (const node of await host.files.list(directory)) {
    for (const id of await host.files.list(`${directory}/${node}`)) {
      const path = `${directory}/${node}/${id}`
      const modified = await host.files.modified(path)
      if (modified === undefined || modified < run.started || !buildId.test(id)) continue
      if (isBuildOf(inputs.context, (await host.files.read(path)) ?? ''))
        found.push({ ref: { builder: builder.name, node, id }, modified })
    }
  }
  return found.toSorted((one, other) => one.modified - other.modified)[0]?.ref
}
