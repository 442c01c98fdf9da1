// @ts-check
// Certificates of an authority of their own, made by openssl: for a server at 127.0.0.1 and for who may talk to it.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * All as PEM.
 * @typedef {object} Certificates
 * @property {string} ca
 * @property {{ cert: string, key: string }} server
 * @property {{ cert: string, key: string }} client
 */

/** @returns {Promise<Certificates>} */
export async function makeCertificates() {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'))
  const at = (/** @type {string} */ name) => join(directory, name)
  const openssl = (/** @type {readonly string[]} */ args) => promisify(execFile)('openssl', args)
  const made = async (/** @type {string} */ name) => ({
    cert: await readFile(at(`${name}.crt`), 'utf8'),
    key: await readFile(at(`${name}.key`), 'utf8')
  })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    await openssl(['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=ca', '-keyout', at('ca.key'), '-out', at('ca.crt')])
    for (const name of ['server', 'client']) {
      await openssl(['req', ...newKey, '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)])
      await writeFile(at(`${name}.ext`), name === 'server' ? 'subjectAltName=IP:127.0.0.1\n' : 'extendedKeyUsage=clientAuth\n')
      const authority = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2']
      const request = ['-in', at(`${name}.csr`), '-extfile', at(`${name}.ext`), '-out', at(`${name}.crt`)]
      await openssl(['x509', '-req', ...authority, ...request])
    }
    return { ca: (await made('ca')).cert, server: await made('server'), client: await made('client') }
  } finally {
    await rm(directory, { recursive: true })
  }
}
