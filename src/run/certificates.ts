import type { Host } from '../host'
import { takesCertificates, tlsVariables } from '../plan/builder-nodes'

/**
 * Options of the driver for TLS to one node, from BUILDER_NODE_<place>_AUTH_TLS_CACERT, _CERT and _KEY as in docker/setup-buildx-action. buildx takes them
 * as files: they lie in the runner's directory for this job.
 */
export async function writeCertificates(host: Host, driver: string, endpoint: string, place: number): Promise<readonly string[]> {
  if (!takesCertificates(driver, endpoint)) return []
  const given = Object.entries(tlsVariables(place)).flatMap(([option, variable]) => {
    const text = host.env[variable]
    return text ? [{ option, text }] : []
  })
  if (given.length === 0) return []
  const directory = await host.files.makeTemporary('tls-')
  return Promise.all(
    given.map(async ({ option, text }) => {
      const path = `${directory}/${option}.pem`
      await host.files.write(path, text)
      return `${option}=${path}`
    })
  )
}
