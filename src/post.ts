import { newHost, readEvent } from './io/host'
import { tellFailure } from './io/failure'
import { runPost } from './run/post'

const host = newHost()
try {
  await runPost(host, () => readEvent(host.env))
} catch (error) {
  tellFailure(error)
  process.exitCode = 1
}
process.exit()
