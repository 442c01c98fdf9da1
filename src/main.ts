import { readEvent, newHost } from './io/host'
import { setFailed } from './io/failure'
import { runJob } from './run/job'

const host = newHost()
try {
  await runJob(host, await readEvent(host.env))
} catch (error) {
  setFailed(error)
}
// The cache client may still wait for a retry of its own.
process.exit()
