import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Credentials } from './registry-token'

/** The parts of docker's config.json that say how to log in (docker/cli cli/config/configfile/file.go). */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

/** Seconds a credential helper has to answer. */
const helperSeconds = 5

/** What `docker login` left for a registry host, from config.json or its credential helper; undefined where there is nothing. */
export async function findCredentials(host: string, environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  const directory = environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? '', '.docker')
  const config = await readConfig(join(directory, 'config.json'))
  // docker.io is known to docker by the address of its former API.
  const address = host === 'docker.io' ? 'https://index.docker.io/v1/' : host
  const program = config.credHelpers?.[address] ?? config.credHelpers?.[host] ?? config.credsStore
  const told = program ? await askProgram(program, address, environment) : undefined
  if (told) return told
  const entries = Object.entries(config.auths ?? {})
  const [, entry] =
    entries.find(([key]) => key === address) ?? entries.find(([key]) => [host, hostOf(address)].includes(hostOf(key))) ?? []
  if (entry?.identitytoken) return { identityToken: entry.identitytoken }
  const text = Buffer.from(entry?.auth ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon > 0 ? { username: text.slice(0, colon), password: text.slice(colon + 1) } : undefined
}

async function readConfig(path: string): Promise<DockerConfig> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as DockerConfig | null) ?? {}
  } catch {
    // No login at all is the usual case for public registries.
    return {}
  }
}

/** Logins are kept under a host, or under an address of it such as `https://ghcr.io/v2/`. */
function hostOf(key: string): string | undefined {
  return key.replace(/^https?:\/\//, '').split('/')[0]
}

/** docker-credential-<name> get: the host on stdin, JSON on stdout; any failure means there is no login. */
function askProgram(name: string, host: string, environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  return new Promise(resolve => {
    const child = spawn(`docker-credential-${name}`, ['get'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      finish(undefined)
    }, helperSeconds * 1000)
    const finish = (found: Credentials | undefined) => {
      clearTimeout(timer)
      resolve(found)
    }
    let answer = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text))
    child.once('error', () => finish(undefined))
    child.once('close', code => finish(code === 0 ? parseAnswer(answer) : undefined))
    // A helper need not read what it is asked.
    child.stdin.on('error', () => undefined)
    child.stdin.end(host)
  })
}

function parseAnswer(answer: string): Credentials | undefined {
  try {
    const { Username, Secret } = JSON.parse(answer) as { Username?: string; Secret?: string }
    if (!Username || !Secret) return undefined
    return Username === '<token>' ? { identityToken: Secret } : { username: Username, password: Secret }
  } catch {
    return undefined
  }
}
