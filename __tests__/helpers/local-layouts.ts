import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a test stores under a tag: the texts of its layers. */
export type Content = Readonly<Record<string, readonly string[]>>

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

async function blob(directory: string, text: string): Promise<{ digest: string; size: number }> {
  // One that is there is left alone, as by BuildKit: it may be a link that another directory shares.
  await writeFile(join(directory, 'blobs/sha256', sha256(text)), text, { flag: 'wx' }).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  })
  return { digest: `sha256:${sha256(text)}`, size: Buffer.byteLength(text) }
}

/** Writes tags as BuildKit's local exporter does: blobs beside those there are, index.json in place, its lock file left behind. */
export async function exportTo(directory: string, content: Content): Promise<void> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true })
  const path = join(directory, 'index.json')
  const { manifests } = JSON.parse(await readFile(path, 'utf8').catch(() => '{"manifests":[]}')) as {
    manifests: { annotations?: Record<string, string> }[]
  }
  const others = manifests.filter(({ annotations }) => !((annotations?.[refName] ?? '') in content))
  const entries = []
  for (const [tag, layers] of Object.entries(content)) {
    const config = {
      mediaType: 'application/vnd.buildkit.cacheconfig.v0',
      ...(await blob(directory, JSON.stringify({ tag, layers })))
    }
    const listed = await Promise.all(layers.map(async text => ({ mediaType: 'layer', ...(await blob(directory, text)) })))
    const manifest = await blob(directory, JSON.stringify({ schemaVersion: 2, config, layers: listed }))
    entries.push({ mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations: { [refName]: tag } })
  }
  await writeFile(path, JSON.stringify({ schemaVersion: 2, manifests: [...others, ...entries] }))
  await writeFile(join(directory, 'index.json.lock'), '')
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

/** What a directory holds, read without the product's code and verified byte by byte; throws where something is missing. */
export async function contentOf(directory: string): Promise<Content> {
  const { manifests } = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as {
    manifests: { digest: string; annotations: Record<string, string> }[]
  }
  const read = async (digest: string) => {
    const text = await readFile(join(directory, 'blobs/sha256', digest.replace('sha256:', '')), 'utf8')
    if (`sha256:${sha256(text)}` !== digest) throw new Error(`${digest} has other content`)
    return text
  }
  const content: Record<string, readonly string[]> = {}
  for (const { digest, annotations } of manifests) {
    const { config, layers } = JSON.parse(await read(digest)) as { config: { digest: string }; layers: { digest: string }[] }
    await read(config.digest)
    content[annotations[refName] ?? ''] = await Promise.all(layers.map(layer => read(layer.digest)))
  }
  return content
}

/** Every file below a directory. */
export async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

const refName = 'org.opencontainers.image.ref.name'
