// @ts-check
// Empty builders, by whichever driver. Those of docker-container and remote are made anew; the docker driver's engine is emptied.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { docker, freshMachine } from '../testbed/builder.mjs'
import { theTestBed } from '../testbed/where.mjs'

const run = promisify(execFile)

/**
 * @typedef {object} BuilderOptions
 * @property {string} [driver] docker, docker-container or remote; by itself what needs no download
 * @property {string} [image] of docker-container
 * @property {string} [fresh] of remote: a shell command that starts an empty BuildKit and prints its address
 * @property {string} [plugins] another DOCKER_CONFIG whose buildx is used
 */

/** @param {BuilderOptions} options */
export async function newBuilders({ driver: wanted, image, fresh, plugins }) {
  const bed = theTestBed()
  const driver = wanted ?? (bed.engine === 'own' ? 'docker' : 'docker-container')
  const config = await mkdtemp(join(tmpdir(), 'bench-docker-'))
  const from = plugins ?? bed.env['DOCKER_CONFIG'] ?? join(process.env['HOME'] ?? '', '.docker')
  if (existsSync(join(from, 'cli-plugins'))) await symlink(join(from, 'cli-plugins'), join(config, 'cli-plugins'))
  if (existsSync(join(from, 'config.json'))) await cp(join(from, 'config.json'), join(config, 'config.json'))
  const env = { ...bed.env, DOCKER_CONFIG: config }
  /** @type {Set<string>} */
  const made = new Set()

  async function make() {
    if (driver === 'docker') {
      await freshMachine()
      return 'default'
    }
    const name = `bench-${randomUUID().slice(0, 8)}`
    const more =
      driver === 'remote'
        ? [(await run('sh', ['-c', fresh ?? '']).then(({ stdout }) => stdout)).trim()]
        : ['--driver-opt=network=host', ...(image ? [`--driver-opt=image=${image}`] : [])]
    made.add(name)
    await docker(['buildx', 'create', '--bootstrap', `--name=${name}`, `--driver=${driver}`, ...more], { env })
    return name
  }

  async function remove(/** @type {string} */ name) {
    if (!made.delete(name)) return
    await docker(['buildx', 'rm', '--force', name], { env })
  }

  return {
    /** What a process needs to reach the builders. */
    env: /** @type {Readonly<Record<string, string>>} */ (env),
    /** Whether one builder can keep its state while others are emptied. */
    canKeep: driver === 'docker-container',
    make,
    remove,
    /** `BuildKit and buildx versions` @param {string} name */
    async versions(name) {
      const [inspected, buildx, engine] = await Promise.all([
        docker(['buildx', 'inspect', name], { env }),
        docker(['buildx', 'version'], { env }),
        docker(['version', '--format', '{{.Server.Version}}'], { env })
      ])
      return {
        driver,
        buildkit: /BuildKit version: +(\S+)/.exec(inspected)?.[1] ?? 'unknown',
        buildx: / (v?\d[\d.]*\S*)/.exec(buildx)?.[1] ?? 'unknown',
        docker: engine.trim()
      }
    },
    async stop() {
      for (const name of [...made]) await remove(name)
      await rm(config, { recursive: true, force: true })
    }
  }
}
