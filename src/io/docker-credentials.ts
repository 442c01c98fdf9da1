import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Credentials } from './registry'

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

/** What `docker login` left for a registry host, from config.json or its credential helper; undefined where there is nothing. */
export async function findCredentials(host: string, environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  const directory = environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? '', '.docker')
  let config: DockerConfig
  try {
    config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as DockerConfig
  } catch {
    // No login at all is the usual case for public registries.
    return undefined
  }
  const names = host === 'docker.io' ? ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io'] : [host, `https://${host}`]
  for (const name of names) {
    const program = config.credHelpers?.[name] ?? config.credsStore
    const found = program ? await askProgram(program, name, environment) : undefined
    if (found) return found
    const auth = config.auths?.[name]?.auth
    if (!auth) continue
    const text = Buffer.from(auth, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  return undefined
}

/** docker-credential-<name> get: the host on stdin, JSON on stdout; any failure means there is no login. */
function askProgram(name: string, host: string, environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  return new Promise(resolve => {
    const child = spawn(`docker-credential-${name}`, ['get'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'], timeout: 5000 })
    let answer = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text))
    child.once('error', () => resolve(undefined))
    child.once('close', code => resolve(code === 0 ? parseAnswer(answer) : undefined))
    child.stdin.on('error', () => resolve(undefined))
    child.stdin.end(host)
  })
}

function parseAnswer(answer: string): Credentials | undefined {
  try {
    const { Username, Secret } = JSON.parse(answer) as { Username?: string; Secret?: string }
    // "<token>" marks an identity token, which the token endpoint takes by another flow; pulls then go without.
    return Username && Secret && Username !== '<token>' ? { username: Username, password: Secret } : undefined
  } catch {
    return undefined
  }
}
