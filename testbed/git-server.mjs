// @ts-check
// Git repositories over HTTP, as GitHub serves them: any commit may be asked for, private ones want a token.
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { listen } from './listen.mjs'

/** @param {{ token?: string }} [options] what a client has to authenticate with */
export async function serveGit({ token } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'git-server-'))
  /** @type {{ method: string, url: string, authorized: boolean }[]} */
  const requests = []
  const wanted = token === undefined ? undefined : `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
  const server = await listen(async (request, response) => {
    const authorized = wanted === undefined || request.headers.authorization?.toLowerCase() === wanted.toLowerCase()
    requests.push({ method: request.method ?? '', url: request.url ?? '', authorized })
    if (!authorized) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    await answer(root, request, response)
  })
  const git = (/** @type {string} */ cwd, /** @type {readonly string[]} */ ...args) =>
    promisify(execFile)('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd })

  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    /**
     * Makes a commit of a repository `owner/name` with these files, and gives its id.
     * @param {string} repository
     * @param {Readonly<Record<string, string>>} files
     */
    async commit(repository, files) {
      const bare = join(root, `${repository}.git`)
      const work = join(root, 'work', repository)
      await mkdir(work, { recursive: true })
      await git(root, 'init', '--quiet', '--bare', '-b', 'main', bare)
      await git(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
      await git(work, 'init', '--quiet', '-b', 'main')
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true })
        await writeFile(join(work, path), text)
      }
      await git(work, 'add', '--all')
      await git(work, 'commit', '--quiet', '--allow-empty', '-m', 'files')
      await git(work, 'push', '--quiet', '--force', bare, 'main')
      return (await git(work, 'rev-parse', 'HEAD')).stdout.trim()
    },
    async stop() {
      await server.stop()
      await rm(root, { recursive: true, force: true })
    }
  }
}

/**
 * One request, answered by git's own CGI program.
 * @param {string} root
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(root, request, response) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git')
  const headers = { CONTENT_TYPE: request.headers['content-type'], HTTP_CONTENT_ENCODING: request.headers['content-encoding'] }
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
    },
    stdio: ['pipe', 'pipe', 'ignore']
  })
  request.pipe(backend.stdin).on('error', () => undefined)
  /** @type {Buffer[]} */
  const chunks = []
  for await (const chunk of backend.stdout) chunks.push(chunk)
  const output = Buffer.concat(chunks)
  const end = output.indexOf('\r\n\r\n')
  const lines = output.subarray(0, end).toString().split('\r\n')
  const given = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  )
  const { status = '200', ...rest } = given
  response.writeHead(Number.parseInt(status), rest).end(output.subarray(end + 4))
}
