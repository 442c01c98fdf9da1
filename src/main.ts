import { readEvent, newHost } from './io/host'
import { tellFailure } from './io/failure'
import { runMain } from './run/main-step'

const host = newHost()
try {
  await runMain(host, await readEvent(host.env))
} catch (error) {
  tellFailure(error)
  process.exitCode = 1
}
// The cache client may still wait for a retry of its own.
process.exit()
