// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * @typedef {object} TestBed
 * @property {string} registry host:port
 * @property {string} cacheService URL with a slash at the end
 * @property {'own' | 'existing'} engine
 * @property {'containerd' | 'graphdriver'} imageStore
 * @property {string} stateDir
 * @property {Record<string, string>} env what a process needs to reach the engine: DOCKER_HOST, DOCKER_CONFIG, PATH
 */

/** @returns {TestBed | undefined} */
export function findTestBed(env = process.env) {
  const bed = env.TESTBED_NAME ? `testbed-${env.TESTBED_NAME}` : 'testbed'
  const file = join(env.XDG_CACHE_HOME || join(env.HOME ?? homedir(), '.cache'), 'stage-cache-build', `${bed}.env`)
  if (!existsSync(file)) return undefined
  const values = parseEnvFile(readFileSync(file, 'utf8'))
  const value = (/** @type {string} */ name) => values[name] ?? ''
  const { DOCKER_HOST, DOCKER_CONFIG } = values
  const first = value('TESTBED_PATH_FIRST')
  return {
    registry: value('TESTBED_REGISTRY'),
    cacheService: value('TESTBED_CACHE_SERVICE'),
    engine: value('TESTBED_ENGINE_KIND') === 'own' ? 'own' : 'existing',
    imageStore: value('TESTBED_IMAGE_STORE') === 'containerd' ? 'containerd' : 'graphdriver',
    stateDir: value('TESTBED_STATE'),
    env: {
      ...(DOCKER_HOST ? { DOCKER_HOST } : {}),
      ...(DOCKER_CONFIG ? { DOCKER_CONFIG } : {}),
      PATH: first ? `${first}:${env.PATH ?? ''}` : (env.PATH ?? '')
    }
  }
}

export function theTestBed(env = process.env) {
  const found = findTestBed(env)
  if (!found) throw new Error('The test bed is not up: run testbed/up first.')
  return found
}

/** @returns {Record<string, string>} */
function parseEnvFile(/** @type {string} */ text) {
  return Object.fromEntries([...text.matchAll(/^([A-Z_]+)='(.*)'$/gm)].map(([, name, value]) => [name, value]))
}
