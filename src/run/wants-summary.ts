import type { Host } from '../host'

/** Whether a job summary is written: input `summary`, or DOCKER_BUILD_SUMMARY as for docker/build-push-action. Only a clear no counts: inputs may be what is wrong. */
export function wantsSummary({ env, workflow }: Pick<Host, 'env' | 'workflow'>): boolean {
  return !/^false$/i.test(workflow.input('summary').trim()) && !/^(?:0|f|false)$/i.test(env['DOCKER_BUILD_SUMMARY'] ?? '')
}
