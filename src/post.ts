import { newHost, readEvent } from './io/host'
import { setFailed } from './io/failure'
import { runPost } from './run/post'

const host = newHost()
try {
  await runPost(host, () => readEvent(host.env))
} catch (error) {
  setFailed(error)
}
process.exit()
