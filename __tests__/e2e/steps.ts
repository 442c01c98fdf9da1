// What a job's log says of steps, without the action's own counting.
import type { Job } from './project'

/** Steps the log shows as run, `builder 2/2`, in order of their numbers in the log; `2/2` where the Dockerfile has one stage. */
export function stepsRun(job: Pick<Job, 'main'>): readonly string[] {
  const lines = job.main.log.split('\n')
  const ended = new Map(
    lines.flatMap(line => [...line.matchAll(/^#(\d+) (CACHED|DONE|ERROR|CANCELED)/g)].map(([, at, how]) => [at, how]))
  )
  const steps = new Map(
    lines.flatMap(line =>
      [...line.matchAll(/^#(\d+) \[(?:(\S+) )? *(\d+\/\d+)\] (?!FROM )/g)].map(([, at, stage, step]) => [
        at,
        [stage, step].filter(Boolean).join(' ')
      ])
    )
  )
  return [...steps].filter(([at]) => ended.get(at) !== 'CACHED').map(([, step]) => step)
}

/** Stages of which a step ran, sorted. */
export function stagesRun(job: Pick<Job, 'main'>): readonly string[] {
  return [...new Set(stepsRun(job).map(step => step.split(' ')[0] ?? ''))].sort()
}

/** What steps themselves wrote: `echo ran builder` gives `ran builder`. */
export function outputOfSteps(job: Pick<Job, 'main'>): readonly string[] {
  return [...job.main.log.matchAll(/^#\d+ \d[\d.]* (.*)$/gm)].map(([, text = '']) => text)
}
