// @ts-check
// Base images made of Debian's static busybox and pushed to the test bed's registry without the builder,
// whose cache therefore knows nothing of them.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { theTestBed } from './where.mjs'

const run = promisify(execFile)
const hostPlatform = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`

/**
 * @typedef {object} BaseImage
 * @property {string} name as in FROM: `alpine:3.20`, `acme/base`
 * @property {Record<string, string>} [files] path to content, beside busybox
 * @property {Record<string, string>} [env]
 * @property {string[]} [platforms] every one gets the same files (and this machine's busybox)
 * @property {(platform: string) => Record<string, string>} [filesOf] what is another on each platform, beside those
 */

/** @type {BaseImage[]} */
const standard = [
  { name: 'alpine:3.20', files: { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.0\n' } },
  { name: 'busybox', files: {} },
  { name: 'debian:12', files: { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' } },
  { name: 'node:20', files: { 'etc/os-release': 'ID=debian\n' }, env: { NODE_VERSION: '20.18.0' } },
  { name: 'python:3.12', files: { 'etc/os-release': 'ID=debian\n' }, env: { PYTHON_VERSION: '3.12.7' } }
]

/**
 * Pushes the image; under a name that is there already the tag moves, as a base image does.
 * @param {BaseImage} image
 * @returns {Promise<{ ref: string, digest: string }>} ref that names the registry, for engines without its mirror
 */
export async function pushBaseImage(image) {
  const { repository, tag } = splitName(image.name)
  const manifests = []
  for (const platform of image.platforms ?? [hostPlatform]) {
    const [os, architecture] = platform.split('/')
    const { layer, gzipped } = await layerOf({ ...image.files, ...image.filesOf?.(platform) })
    const config = Buffer.from(
      JSON.stringify({
        os,
        architecture,
        config: {
          Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin:/sbin', ...image.env }).map(entry => entry.join('=')),
          Cmd: ['/bin/sh']
        },
        rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
        history: [{ created_by: 'busybox' }]
      })
    )
    for (const blob of [gzipped, config]) await pushBlob(repository, blob)
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...descriptor(config) },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...descriptor(gzipped) }]
    }
    const { digest, size } = await pushManifest(repository, undefined, manifest)
    manifests.push({ mediaType: manifest.mediaType, digest, size, platform: { os, architecture } })
  }
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
  const { digest } = await pushManifest(repository, tag, index)
  return { ref: baseImageRef(image.name), digest }
}

/** A base image by the registry's own name: found by every engine, with or without the mirror. */
export function baseImageRef(/** @type {string} */ name) {
  const { repository, tag } = splitName(name)
  return `${theTestBed().registry}/${repository}:${tag}`
}

export async function pushStandardImages({ onlyMissing = false } = {}) {
  for (const image of standard) {
    const { repository, tag } = splitName(image.name)
    if (onlyMissing && (await request('HEAD', `${repository}/manifests/${tag}`, { expect: [200, 404] })).ok) continue
    await pushBaseImage(image)
  }
}

function splitName(/** @type {string} */ name) {
  const [path = '', tag = 'latest'] = name.split(':')
  return { repository: path.includes('/') ? path : `library/${path}`, tag }
}

/**
 * The same files always give the same digest.
 * @param {Record<string, string>} files
 * @returns {Promise<{ layer: Buffer, gzipped: Buffer }>}
 */
async function layerOf(files) {
  const busybox = await (busyboxPart ??= packBusybox())
  const rest = await packed(root => writeFiles(root, files))
  // Both archives and compressed streams may follow one another.
  return { layer: Buffer.concat([busybox.layer, rest]), gzipped: Buffer.concat([busybox.gzipped, gzipSync(rest)]) }
}

/** What is the same in all of them, packed once. @type {ReturnType<typeof packBusybox> | undefined} */
let busyboxPart

async function packBusybox() {
  const archive = await packed(async root => {
    for (const folder of ['bin', 'etc', 'root', 'tmp', 'usr/bin', 'usr/local/bin', 'var']) {
      await mkdir(join(root, folder), { recursive: true })
    }
    await chmod(join(root, 'tmp'), 0o1777)
    const busybox = join(root, 'bin/busybox')
    await copyBusybox(busybox)
    const { stdout } = await run(busybox, ['--list'], { timeout: 10_000 })
    for (const applet of stdout.trim().split('\n')) {
      if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet))
    }
    await writeFiles(root, { 'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n', 'etc/group': 'root:x:0:\n' })
  })
  // Zeros are the end of an archive.
  let end = archive.length
  while (end > 0 && archive.subarray(end - 512, end).every(byte => byte === 0)) end -= 512
  const layer = archive.subarray(0, end)
  return { layer, gzipped: gzipSync(layer) }
}

/** @param {string} root @param {Record<string, string>} files */
async function writeFiles(root, files) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content, { mode: 0o755 })
  }
}

/** An archive of what `fill` writes. @param {(root: string) => Promise<void>} fill @returns {Promise<Buffer>} */
async function packed(fill) {
  const root = await mkdtemp(join(tmpdir(), 'base-image-'))
  try {
    await fill(root)
    const tar = [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--format=ustar',
      '-C',
      root,
      '-cf',
      '-',
      '.'
    ]
    return (await run('tar', tar, { encoding: 'buffer', maxBuffer: 256 << 20, timeout: 30_000 })).stdout
  } finally {
    await rm(root, { recursive: true })
  }
}

async function copyBusybox(/** @type {string} */ target) {
  const bed = theTestBed()
  const unpacked = join(dirname(bed.stateDir), 'engine/bin/busybox')
  if (
    await access(unpacked).then(
      () => true,
      () => false
    )
  )
    return copyFile(unpacked, target)
  const docker = (/** @type {string[]} */ ...args) =>
    run('docker', args, { env: { ...process.env, ...bed.env }, timeout: 180_000 })
  const container = (await docker('create', 'busybox:musl')).stdout.trim()
  try {
    await docker('cp', `${container}:/bin/busybox`, target)
  } finally {
    await docker('rm', '-f', container)
  }
}

const digestOf = (/** @type {Buffer} */ bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const descriptor = (/** @type {Buffer} */ bytes) => ({ digest: digestOf(bytes), size: bytes.length })

async function pushBlob(/** @type {string} */ repository, /** @type {Buffer} */ bytes) {
  const digest = digestOf(bytes)
  if ((await request('HEAD', `${repository}/blobs/${digest}`, { expect: [200, 404] })).ok) return
  const upload = await request('POST', `${repository}/blobs/uploads/`, { expect: [202] })
  const target = new URL(upload.headers.get('location') ?? '', `http://${theTestBed().registry}`)
  target.searchParams.set('digest', digest)
  await request('PUT', target, { expect: [201], body: bytes, type: 'application/octet-stream' })
}

async function pushManifest(
  /** @type {string} */ repository,
  /** @type {string | undefined} */ tag,
  /** @type {{ mediaType: string }} */ manifest
) {
  const bytes = Buffer.from(JSON.stringify(manifest))
  const sizeAndDigest = descriptor(bytes)
  const path = `${repository}/manifests/${tag ?? sizeAndDigest.digest}`
  await request('PUT', path, { expect: [201], body: bytes, type: manifest.mediaType })
  return sizeAndDigest
}

/**
 * @param {string} method
 * @param {string | URL} target
 * @param {{ expect: number[], body?: Buffer, type?: string }} options
 */
async function request(method, target, { expect, body, type }) {
  const response = await fetch(new URL(target, `http://${theTestBed().registry}/v2/`), {
    method,
    headers: { Accept: 'application/vnd.oci.image.index.v1+json', ...(type ? { 'Content-Type': type } : {}) },
    body: body ? new Uint8Array(body) : null,
    signal: AbortSignal.timeout(30_000)
  })
  if (!expect.includes(response.status)) {
    throw new Error(`${method} ${response.url}: ${response.status} ${await response.text()}`)
  }
  return response
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await pushStandardImages({ onlyMissing: process.argv.includes('--missing') })
}
