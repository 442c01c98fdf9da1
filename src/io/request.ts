/** Requests by node's own `http` and `https`: for `fetch()` node starts undici, a twentieth of a second that every job would wait for. */
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** As many as fetch() follows, and connections that nobody uses are kept as long as node's own agent does. */
const mostRedirects = 20
const idleMilliseconds = 5000

/** What nobody wants of an answer is read up to so many bytes, so that its connection serves the next request. */
const drainedBytes = 64 * 1024

export interface Asked {
  /** GET where it is absent. */
  readonly method?: 'HEAD' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly signal: AbortSignal
}

export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  /** All of it. Throws where it has more than so many bytes, which an error says of `what`, where it is cut off, and when the signal says so. */
  bytes(most: number, what: string): Promise<Buffer>
  /** For who does not want it. */
  leave(): void
}

/**
 * Asks by HTTP, through a proxy where the environment names one, and follows redirects of what only reads; another origin is not shown the login.
 * Throws where there is no answer, and when the signal says so.
 */
export async function request(address: string | URL, asked: Asked): Promise<Answer> {
  let url = new URL(address)
  let headers = asked.headers ?? {}
  for (let redirects = 0; ; redirects++) {
    const message = await send(url, { ...asked, headers })
    const { location } = message.headers
    const elsewhere = location !== undefined && [301, 302, 303, 307, 308].includes(message.statusCode ?? 0)
    if (!elsewhere || !onlyReads(asked)) return answerOf(message, asked.signal)
    leave(message)
    if (redirects === mostRedirects) throw new Error(`${url.host} answers with one redirect after the other`)
    const next = new URL(location, url)
    if (next.origin !== url.origin) headers = withoutLogin(headers)
    url = next
  }
}

/** Whether it may be asked again, and where it is sent. */
export function onlyReads({ method }: Pick<Asked, 'method'>): boolean {
  return method === undefined || method === 'HEAD'
}

function withoutLogin(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

function send(url: URL, asked: Asked): Promise<IncomingMessage> {
  const { method = 'GET', headers, body, signal } = asked
  const options = { method, agent: agentOf(url), headers: { 'user-agent': 'stage-cache-build', ...headers }, signal }
  return new Promise((resolve, reject) => {
    let isOver = false
    // Node itself says so only once it has a connection, and that may hang at a proxy.
    const giveUp = () => {
      isOver = true
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    const begun = moduleOf(url).request(url, options, message => {
      isOver = true
      signal.removeEventListener('abort', giveUp)
      resolve(message)
    })
    begun.on('error', (error: NodeJS.ErrnoException) => {
      // What breaks off amid an answer is for who reads that.
      if (isOver) return
      signal.removeEventListener('abort', giveUp)
      // The other side may close a connection just as it is used again.
      if (begun.reusedSocket && error.code === 'ECONNRESET' && onlyReads(asked)) resolve(send(url, asked))
      else reject(reasonOf(signal) ?? error)
    })
    begun.end(body)
  })
}

function answerOf(message: IncomingMessage, signal: AbortSignal): Answer {
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = message
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText,
    headers,
    async bytes(most, what) {
      const chunks: Buffer[] = []
      let length = 0
      try {
        // Leaving the loop ends the transfer.
        for await (const chunk of message as AsyncIterable<Buffer>) {
          length += chunk.length
          if (length > most) throw new Error(`${what} has more than ${most} bytes`)
          chunks.push(chunk)
        }
      } catch (error) {
        throw reasonOf(signal) ?? error
      }
      return Buffer.concat(chunks)
    },
    leave: () => leave(message)
  }
}

function leave(message: IncomingMessage): void {
  let length = 0
  message.on('error', () => undefined)
  message.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > drainedBytes) message.destroy()
  })
}

/** Why a signal ended what it is for, rather than how that fell apart. */
function reasonOf(signal: AbortSignal): Error | undefined {
  return signal.aborted ? (signal.reason as Error) : undefined
}

/** By an import statement node would look at all that these export, and start undici even so. */
function moduleOf({ protocol }: URL) {
  return protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http')
}

const agents = new Map<string, Agent>()

/** Loopback is never asked through a proxy, as with docker (Go's http.ProxyFromEnvironment). */
function agentOf(url: URL): Agent {
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const kind = `${url.protocol} ${isHere}`
  const proxies = isHere ? {} : proxiesOf(process.env)
  // The way through a proxy may take longer to begin.
  const kept = { keepAlive: true, ...(Object.keys(proxies).length > 0 ? { proxyEnv: proxies } : { timeout: idleMilliseconds }) }
  const agent = agents.get(kind) ?? new (moduleOf(url).Agent)(kept)
  agents.set(kind, agent)
  return agent
}

/** The variables as curl and Go take them: a proxy without a scheme speaks HTTP, and a domain in `no_proxy` stands for what is below it, too. */
function proxiesOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const given = Object.entries(environment).filter(([name, value]) => /^(https?|no)_proxy$/i.test(name) && value)
  return Object.fromEntries(
    given.map(([name, value = '']) => {
      if (!/^no/i.test(name)) return [name, value.includes('://') ? value : `http://${value}`]
      const hosts = value.split(',').map(host => host.trim())
      return [name, hosts.flatMap(host => (/^[a-z]/i.test(host) ? [host, `.${host}`] : [host])).join()]
    })
  )
}
