// @ts-check
// The refs that a job left in a backend, asked for without the action: what BuildKit itself makes of each.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildx } from '../testbed/builder.mjs'
import { adminOf } from '../testbed/cache-admin.mjs'
import { push } from '../testbed/events.mjs'
import { makeJobToken } from '../testbed/job-token.mjs'
import { fetchManifest, listTags } from '../testbed/registry.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { emptyAfterKill, withBuildx } from './builders.mjs'

/**
 * @typedef {{ backend: 'registry' | 'gha' | 'local', repository: string, image: string, cacheDir: string, cacheUrl: string }} Place
 *   `image` is the input cache-name
 * @typedef {{ stage: string, id: string, cacheFrom: string }} SavedRef
 */

/** @param {Place} place @returns {Promise<SavedRef[]>} the default branch's, by stage, without those of beginnings; `id` changes with the content */
export async function savedRefs({ backend, repository, image, cacheDir, cacheUrl }) {
  const isOfStage = (/** @type {string} */ name) => name.startsWith('cache-') && !/_BEGUN(?=_|$)/.test(name)
  const stageOf = (/** @type {string} */ name) => /^cache-([^_]+)/.exec(name)?.[1] ?? ''
  switch (backend) {
    case 'registry': {
      const tags = (await listTags(repository)).filter(tag => isOfStage(tag))
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
        if (!complete || scope === undefined || !isOfStage(scope) || !scope.includes(`_OF_${image}`)) continue
        if (order > (newest.get(scope)?.order ?? 0)) {
          newest.set(scope, { stage: stageOf(scope), id: key, cacheFrom: `type=gha,scope=${scope}`, order })
        }
      }
      return [...newest.values()]
    }
    case 'local': {
      const index = await readFile(join(cacheDir, 'index.json'), 'utf8').catch(() => '{"manifests":[]}')
      return JSON.parse(index).manifests.flatMap((/** @type {any} */ entry) => {
        const tag = entry.annotations['org.opencontainers.image.ref.name']
        return isOfStage(tag) ? { stage: stageOf(tag), id: entry.digest, cacheFrom: `type=local,src=${cacheDir},tag=${tag}` } : []
      })
    }
  }
}

/**
 * Builds the ref's stage on an empty builder with that ref as the only import, and pulls every layer.
 * @param {SavedRef} ref @param {string} context @param {readonly string[]} buildArgs @param {string} cacheUrl
 * @param {import('./builders.mjs').OtherBuilder} [builder]
 * @returns {Promise<string[]>} the steps that ran, `<stage> <number>`, and what went wrong
 */
export async function importAlone({ stage, cacheFrom }, context, buildArgs, cacheUrl, builder) {
  await emptyAfterKill(builder)
  const argv = [
    'build',
    '--progress=rawjson',
    `--target=${stage}`,
    `--cache-from=${cacheFrom}`,
    ...buildArgs.map(argument => `--build-arg=${argument}`),
    '--output=type=oci,dest=/dev/null',
    context
  ]
  const env = {
    ACTIONS_RUNTIME_TOKEN: makeJobToken(push().scopes),
    ACTIONS_RESULTS_URL: cacheUrl,
    ACTIONS_CACHE_SERVICE_V2: 'True'
  }
  try {
    return stepsThatRan(await withBuildx(builder, chosen => buildx(argv, { env: { ...env, ...chosen } })))
  } catch (error) {
    return [`failed: ${String(error).split('\n').slice(-4).join(' ')}`]
  }
}

/** @param {string} log BuildKit's events; the plain log does not tell a step whose layer is pulled from one that ran @returns {string[]} */
function stepsThatRan(log) {
  const vertices = new Map()
  const events = log.split('\n').filter(line => line.startsWith('{'))
  for (const { digest, name = '', started, cached = false, error = '' } of events.flatMap(
    line => JSON.parse(line).vertexes ?? []
  )) {
    const known = vertices.get(digest) ?? { name: '', began: false, cached: false, error: '' }
    vertices.set(digest, {
      name: name || known.name,
      began: known.began || started !== undefined,
      // What is cached is announced again without it when its layer is pulled.
      cached: known.cached || cached,
      error: error || known.error
    })
  }
  return [...vertices.values()].flatMap(({ name, began, cached, error }) => {
    const [, stage, step] = /^\[(\S+) +(\d+)\/\d+\] (?!FROM )/.exec(name) ?? []
    return [...(stage !== undefined && began && !cached ? [`${stage} ${step}`] : []), ...(error ? [`error: ${error}`] : [])]
  })
}
