// @ts-check
// GitHub's artifact service, version 4, as far as uploading goes: the Twirp calls of @actions/artifact; the bytes are in the same store as the cache's.
import { createHash, randomUUID } from 'node:crypto'
import { readJobIds } from './job-token.mjs'

/**
 * @typedef {object} Artifact
 * @property {string} id also the blob's name
 * @property {number} number in the run's URLs
 * @property {string} run
 * @property {string} job
 * @property {string} name
 * @property {string} mimeType
 * @property {string | undefined} expiresAt
 * @property {number} bytes
 * @property {boolean} complete
 */

/** @typedef {{ status: number, body: Readonly<Record<string, unknown>> }} Answer */

/** The artifacts of all runs. */
export class Artifacts {
  /** @type {Artifact[]} */
  #artifacts = []

  /** @param {import('./block-blobs.mjs').BlockBlobs} blobs */
  constructor(blobs) {
    this.blobs = blobs
  }

  /** @returns {readonly Artifact[]} */
  list() {
    return this.#artifacts
  }

  async clear() {
    for (const { id } of this.#artifacts) await this.blobs.remove(id)
    this.#artifacts = []
  }

  /**
   * @param {string} method
   * @param {any} message
   * @param {string | undefined} authorization header
   * @param {(id: string) => string} signed URL of a blob
   * @returns {Promise<Answer>}
   */
  async call(method, message, authorization, signed) {
    const ids = readJobIds(authorization)
    if (typeof ids === 'string') return failed(401, 'unauthenticated', ids)
    if (message.workflow_run_backend_id !== ids.run || message.workflow_job_run_backend_id !== ids.job) {
      return failed(403, 'permission_denied', 'the token is of another job')
    }
    if (method === 'CreateArtifact') return this.#create(message, ids, signed)
    if (method === 'FinalizeArtifact') return this.#finalize(message, ids)
    return failed(404, 'bad_route', method)
  }

  /**
   * @param {any} message
   * @param {{ run: string, job: string }} ids
   * @param {(id: string) => string} signed
   */
  #create({ name, version, mime_type: mimeType, expires_at: expiresAt }, { run, job }, signed) {
    if (!name || /["\\/:<>|*?\r\n]/.test(name)) return failed(400, 'invalid_argument', `name: ${name}`)
    // The seventh is the one of files that are not packed.
    if (version !== 7 || !mimeType) return failed(400, 'invalid_argument', `version ${version} of type ${mimeType}`)
    if (this.#artifacts.some(one => one.run === run && one.name === name)) {
      return failed(409, 'already_exists', 'an artifact with this name already exists on the workflow run')
    }
    const number = this.#artifacts.length + 1
    const id = `artifact-${randomUUID()}`
    this.#artifacts.push({ id, number, run, job, name, mimeType, expiresAt, bytes: 0, complete: false })
    return { status: 200, body: { ok: true, signed_upload_url: signed(id) } }
  }

  /**
   * @param {any} message
   * @param {{ run: string, job: string }} ids
   * @returns {Promise<Answer>}
   */
  async #finalize({ name, size, hash }, { run, job }) {
    const artifact = this.#artifacts.find(one => one.run === run && one.job === job && one.name === name && !one.complete)
    const content = artifact && (await this.blobs.content(artifact.id))
    if (!artifact || !content) return failed(404, 'not_found', 'no such upload')
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
    if (content.length !== Number(size) || (hash && hash !== digest)) {
      return failed(400, 'invalid_argument', `${content.length} bytes of ${digest} came, ${size} of ${hash} were said`)
    }
    Object.assign(artifact, { bytes: content.length, complete: true })
    return { status: 200, body: { ok: true, artifact_id: `${artifact.number}` } }
  }
}

/**
 * @param {number} status
 * @param {string} code
 * @param {string} msg
 * @returns {Answer}
 */
function failed(status, code, msg) {
  return { status, body: { code, msg } }
}
