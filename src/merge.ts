import { newHost } from './io/host'
import { tellFailure } from './io/failure'
import { runMerge } from './run/merge'

try {
  await runMerge(newHost())
} catch (error) {
  tellFailure(error)
  process.exitCode = 1
}
process.exit()
