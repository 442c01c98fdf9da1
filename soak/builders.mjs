// @ts-check
// The builder that jobs of a soak build on: the engine's own, or another that a command empties.
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { docker, freshMachine } from '../testbed/builder.mjs'
import { theTestBed } from '../testbed/where.mjs'

const run = promisify(execFile)

/** @typedef {{ endpoint: string, fresh: string }} OtherBuilder a running buildkitd's address, and a shell command that puts an empty one in its place */

/** What `parseArgs` takes for it. @type {{ endpoint: { type: 'string', default: string }, fresh: { type: 'string', default: string } }} */
export const builderOptions = { endpoint: { type: 'string', default: '' }, fresh: { type: 'string', default: '' } }

/**
 * @param {{ endpoint: string, fresh: string }} values of `builderOptions`
 * @returns {OtherBuilder | undefined} undefined for the engine's own
 * @throws {Error} where one is given without the other
 */
export function givenBuilder({ endpoint, fresh }) {
  if ((endpoint === '') !== (fresh === '')) {
    throw new Error('--endpoint names a builder, --fresh the command that empties it: give both, or neither')
  }
  return endpoint === '' ? undefined : { endpoint, fresh }
}

/** @param {OtherBuilder | undefined} builder @returns {Record<string, string>} the action's inputs that choose it */
export function inputsOf(builder) {
  return builder ? { driver: 'remote', endpoint: builder.endpoint } : {}
}

/** @param {OtherBuilder | undefined} builder @param {readonly string[]} [cacheDirs] removed as well */
export async function emptyBuilder(builder, cacheDirs = []) {
  await freshMachine({ cacheDirs })
  if (builder) await run('/bin/sh', ['-c', builder.fresh], { env: { ...process.env, ...theTestBed().env } })
}

/**
 * Waits for the builds under way on the engine's own builder, and empties it; another is replaced.
 * @param {OtherBuilder | undefined} builder
 * @returns {Promise<string[]>} what stayed nevertheless: now and then BuildKit goes on holding what a killed build made
 */
export async function emptyAfterKill(builder) {
  const until = performance.now() + 60_000
  while (!builder && /\bRunning\b/.test(await docker(['buildx', 'history', 'ls'])) && performance.now() < until) await sleep(200)
  await emptyBuilder(builder)
  return builder ? [] : [...(await docker(['buildx', 'du'])).matchAll(/^[a-z0-9]{25}\b/gm)].map(([id]) => id)
}

/**
 * @template T
 * @param {OtherBuilder | undefined} builder
 * @param {(env: Record<string, string>) => Promise<T>} build is given what makes `docker buildx` use the builder
 * @returns {Promise<T>}
 */
export async function withBuildx(builder, build) {
  if (!builder) return build({})
  const name = `soak-${process.pid}`
  await docker(['buildx', 'create', '--name', name, '--driver', 'remote', builder.endpoint])
  try {
    return await build({ BUILDX_BUILDER: name })
  } finally {
    await docker(['buildx', 'rm', '--force', name])
  }
}
