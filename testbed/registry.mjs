// @ts-check
import { theTestBed } from './where.mjs'

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json'
].join(', ')

/** @param {string} repository without the registry @returns {Promise<string[]>} sorted */
export async function listTags(repository) {
  const response = await ask('GET', `${repository}/tags/list`, [200, 404])
  if (response.status === 404) return []
  const { tags } = /** @type {{ tags: string[] | null }} */ (await response.json())
  return (tags ?? []).sort()
}

/**
 * @param {string} repository
 * @param {string} reference tag or digest
 * @returns {Promise<{ digest: string, manifest: any } | undefined>}
 */
export async function fetchManifest(repository, reference) {
  const response = await ask('GET', `${repository}/manifests/${reference}`, [200, 404])
  if (response.status === 404) return undefined
  return { digest: response.headers.get('docker-content-digest') ?? '', manifest: await response.json() }
}

/** @param {string} repository @param {string} digest @returns {Promise<any>} a config or a cache config */
export async function fetchJsonBlob(repository, digest) {
  return (await ask('GET', `${repository}/blobs/${digest}`, [200])).json()
}

/** Deletes the manifest the tag stands for, and with it every tag of the same manifest. @param {string} repository @param {string} tag */
export async function deleteTag(repository, tag) {
  const found = await fetchManifest(repository, tag)
  if (found) await ask('DELETE', `${repository}/manifests/${found.digest}`, [202])
}

/** Manifests that list the blob stay, as after a clean-up gone wrong. @param {string} repository @param {string} digest */
export async function deleteBlob(repository, digest) {
  await ask('DELETE', `${repository}/blobs/${digest}`, [202])
}

/** @param {string} repository */
export async function deleteAllTags(repository) {
  for (const tag of await listTags(repository)) await deleteTag(repository, tag)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {readonly number[]} expected
 */
async function ask(method, path, expected) {
  const url = `http://${theTestBed().registry}/v2/${path}`
  const response = await fetch(url, { method, headers: { Accept: manifestTypes }, signal: AbortSignal.timeout(30_000) })
  if (!expected.includes(response.status)) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`)
  return response
}
