import { dirname, resolve } from 'node:path'
import { messageOf } from '../errors'
import type { Host } from '../host'
import { renderMetrics } from '../report/metrics'
import type { BuildReport } from '../report/report'

/** Writes the build's figures to a path of the workspace, with the directories above it. What cannot be written is a warning. */
export async function writeMetrics(host: Host, path: string, report: BuildReport): Promise<void> {
  if (path === '') return
  try {
    const file = resolve(host.env['GITHUB_WORKSPACE'] ?? '.', path)
    await host.files.makeDirectory(dirname(file))
    await host.files.write(file, renderMetrics(report))
  } catch (error) {
    host.log.warning(`metrics-file: ${path} could not be written: ${messageOf(error)}`)
  }
}
