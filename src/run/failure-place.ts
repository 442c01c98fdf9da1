import { relative, normalize } from 'node:path'
import type { FailurePlace } from '../errors'
import type { StageResult } from '../explain/stage-result'
import type { Host } from '../host'
import { isRemote } from '../plan/remote-context'
import { parseFailedLines } from '../progress/failed-lines'
import type { FailedLines } from '../progress/failed-lines'
import type { Preparation } from './prepare'

/**
 * The lines of the Dockerfile that a build failed of: those of the step, else those that buildx shows, as for a base image that is not there.
 * Undefined where nobody knows, or the file lies outside the workspace.
 */
export function failurePlace(
  { env }: Pick<Host, 'env'>,
  { dockerfile, file }: Pick<Preparation, 'dockerfile' | 'file'>,
  results: readonly StageResult[],
  text: string
): FailurePlace | undefined {
  const steps = results.flatMap(({ index, steps }) => steps.map(step => ({ index, step })))
  const failed = steps.find(({ step }) => step.status === 'failed')
  const lines =
    failed === undefined
      ? undefined
      : dockerfile.stages[failed.index]?.steps.find(step => step.lines.start === failed.step.line)?.lines
  return placeIn(env, file.path, lines ?? parseFailedLines(text))
}

/** Undefined where the lines are not known, or the file lies outside the workspace. */
export function placeIn(env: Host['env'], path: string, lines: FailedLines | undefined): FailurePlace | undefined {
  const file = withinWorkspace(path, env['GITHUB_WORKSPACE'])
  return lines && file !== '' ? { file, startLine: lines.start, endLine: lines.end } : undefined
}

/** A job starts in its workspace, and GitHub wants paths from there; empty for one that lies elsewhere. */
export function withinWorkspace(path: string, workspace: string | undefined): string {
  if (isRemote(path)) return ''
  const inside = path.startsWith('/') ? (workspace === undefined ? '' : relative(workspace, path)) : normalize(path)
  return inside.startsWith('..') || inside.startsWith('/') ? '' : inside
}
