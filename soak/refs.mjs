// @ts-check
// The refs that a job left in a backend, asked for without the action: what BuildKit itself makes of each.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildx, docker, freshMachine } from '../testbed/builder.mjs'
import { adminOf } from '../testbed/cache-admin.mjs'
import { push } from '../testbed/events.mjs'
import { makeJobToken } from '../testbed/job-token.mjs'
import { fetchManifest, listTags } from '../testbed/registry.mjs'
import { theTestBed } from '../testbed/where.mjs'

/**
 * @typedef {{ backend: 'registry' | 'gha' | 'local', repository: string, image: string, cacheDir: string, cacheUrl: string }} Place
 *   `image` is the input cache-name
 * @typedef {{ stage: string, id: string, cacheFrom: string }} SavedRef
 */

/** @param {Place} place @returns {Promise<SavedRef[]>} the default branch's, by stage; `id` changes with the content */
export async function savedRefs({ backend, repository, image, cacheDir, cacheUrl }) {
  const stageOf = (/** @type {string} */ name) => /^cache-([^_]+)/.exec(name)?.[1] ?? ''
  switch (backend) {
    case 'registry': {
      const tags = (await listTags(repository)).filter(tag => tag.startsWith('cache-'))
      return Promise.all(
        tags.map(async tag => ({
          stage: stageOf(tag),
          id: (await fetchManifest(repository, tag))?.digest ?? '',
          cacheFrom: `type=registry,ref=${theTestBed().registry}/${repository}:${tag}`
        }))
      )
    }
    case 'gha': {
      /** @type {Map<string, SavedRef & { order: number }>} */
      const newest = new Map()
      for (const { key, order, complete } of await adminOf(cacheUrl).entries()) {
        const scope = /^index-(cache-.*)-1-[0-9a-f]+#/.exec(key)?.[1]
        if (!complete || scope === undefined || !scope.includes(`_OF_${image}`)) continue
        if (order > (newest.get(scope)?.order ?? 0)) {
          newest.set(scope, { stage: stageOf(scope), id: key, cacheFrom: `type=gha,scope=${scope}`, order })
        }
      }
      return [...newest.values()]
    }
    case 'local': {
      const index = await readFile(join(cacheDir, 'index.json'), 'utf8').catch(() => '{"manifests":[]}')
      return JSON.parse(index).manifests.map((/** @type {any} */ entry) => {
        const tag = entry.annotations['org.opencontainers.image.ref.name']
        return { stage: stageOf(tag), id: entry.digest, cacheFrom: `type=local,src=${cacheDir},tag=${tag}` }
      })
    }
  }
}

/**
 * Builds the ref's stage on an empty builder with that ref as the only import, and pulls every layer.
 * @param {SavedRef} ref @param {string} context @param {string} cacheUrl
 * @returns {Promise<string[]>} the steps that ran, `<stage> <number>`, and what went wrong
 */
export async function importAlone({ stage, cacheFrom }, context, cacheUrl) {
  await emptyMachine()
  const argv = ['build', `--target=${stage}`, `--cache-from=${cacheFrom}`, '--output=type=oci,dest=/dev/null', context]
  const env = {
    ACTIONS_RUNTIME_TOKEN: makeJobToken(push().scopes),
    ACTIONS_RESULTS_URL: cacheUrl,
    ACTIONS_CACHE_SERVICE_V2: 'True'
  }
  try {
    return stepsThatRan(await buildx(argv, { env }))
  } catch (error) {
    return [`failed: ${String(error).split('\n').slice(-4).join(' ')}`]
  }
}

/**
 * Waits for the builds under way, then empties the builder.
 * @returns {Promise<string[]>} what stayed nevertheless: now and then BuildKit goes on holding what a killed build made
 */
export async function emptyMachine() {
  const until = performance.now() + 60_000
  while (/\bRunning\b/.test(await docker(['buildx', 'history', 'ls'])) && performance.now() < until) await sleep(200)
  await freshMachine()
  return [...(await docker(['buildx', 'du'])).matchAll(/^[a-z0-9]{25}\b/gm)].map(([id]) => id)
}

/** @param {string} log buildx's plain log @returns {string[]} */
function stepsThatRan(log) {
  const cached = new Set([...log.matchAll(/^#(\d+) CACHED$/gm)].map(([, at]) => at))
  const steps = new Map(
    [...log.matchAll(/^#(\d+) \[(\S+) +(\d+)\/\d+\] (?!FROM )/gm)].map(([, at, stage, step]) => [at, `${stage} ${step}`])
  )
  const errors = [...log.matchAll(/^#\d+ ERROR:? (.*)$/gm)].map(([, text]) => `error: ${text}`)
  return [...[...steps].filter(([at]) => !cached.has(at)).map(([, step]) => step), ...errors]
}
