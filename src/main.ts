import { readEvent, newHost } from './io/host'
import { setFailed } from './io/failure'
import { runMain } from './run/main-step'

const host = newHost()
try {
  await runMain(host, await readEvent(host.env))
} catch (error) {
  setFailed(error)
}
// The cache client may still wait for a retry of its own.
process.exit()
