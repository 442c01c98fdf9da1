// @ts-check
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { theTestBed } from './where.mjs'

const run = promisify(execFile)

/**
 * @typedef {object} DockerOptions
 * @property {number} [timeoutSeconds]
 * @property {string} [cwd]
 * @property {Readonly<Record<string, string>>} [env] beside this process's own
 */

/** @param {readonly string[]} args @param {DockerOptions} [options] @returns {Promise<string>} stdout */
export async function docker(args, options = {}) {
  return (await runDocker(args, options)).stdout
}

/** @param {readonly string[]} args `build …`, `du`, … @param {DockerOptions} [options] @returns {Promise<string>} the plain log */
export async function buildx(args, options = {}) {
  return (await runDocker(['buildx', ...args], { ...options, env: { BUILDKIT_PROGRESS: 'plain', ...options.env } })).stderr
}

/** @param {readonly string[]} args @param {DockerOptions} options */
function runDocker(args, { timeoutSeconds = 120, cwd, env }) {
  const whole = { ...process.env, ...theTestBed().env, ...env }
  const [program, ...rest] = args
  const plugin = join(whole['DOCKER_CONFIG'] ?? '', 'cli-plugins/docker-buildx')
  // By itself it starts in half the time.
  const command = program === 'buildx' && existsSync(plugin) ? { file: plugin, args: rest } : { file: 'docker', args }
  return run(command.file, command.args, {
    env: whole,
    timeout: timeoutSeconds * 1000,
    maxBuffer: 64 << 20,
    ...(cwd ? { cwd } : {})
  })
}

/**
 * Makes the engine as empty as a new runner's: no build cache, no images; and removes the cache directories that are named.
 * @param {{ cacheDirs?: readonly string[] }} [options]
 */
export async function freshMachine({ cacheDirs = [] } = {}) {
  const { engine } = theTestBed()
  if (engine === 'existing' && !process.env['CI'] && process.env['TESTBED_MAY_PRUNE'] !== 'yes') {
    throw new Error(
      'This would empty your own Docker engine. TESTBED_MAY_PRUNE=yes allows it, TESTBED_ENGINE=own brings up another.'
    )
  }
  await docker(['system', 'prune', '--all', '--force'])
  for (const directory of cacheDirs) await rm(directory, { recursive: true, force: true })
}
