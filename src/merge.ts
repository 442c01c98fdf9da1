import { newHost } from './io/host'
import { setFailed } from './io/failure'
import { runMerge } from './run/merge'

try {
  await runMerge(newHost())
} catch (error) {
  setFailed(error)
}
process.exit()
