import { dirname } from 'node:path'
import type { Artifacts } from '../host'
import { within } from './client-call'
import type { Stopwatch } from './stopwatch'

/** The real artifacts of a run, by `@actions/artifact`, whose code is loaded at the first use. */
export function newArtifacts(environment: NodeJS.ProcessEnv, stopwatch: Stopwatch): Artifacts {
  return {
    // The client asks the service of version 4 alone.
    available: Boolean(environment['ACTIONS_RUNTIME_TOKEN'] && environment['ACTIONS_RESULTS_URL']),
    upload: (path, { retentionDays, timeoutSeconds }) =>
      within(timeoutSeconds, stopwatch, async trouble => {
        const { DefaultArtifactClient } = await import('@actions/artifact')
        const { id } = await new DefaultArtifactClient().uploadArtifact('', [path], dirname(path), {
          skipArchive: true,
          ...(retentionDays === undefined ? {} : { retentionDays })
        })
        if (id === undefined) throw new Error(trouble.last ?? 'the artifact service did not take it')
        return id
      })
  }
}
