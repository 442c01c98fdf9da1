// @ts-check
// Mirrors of packages on loopback, and a base image whose `install` downloads from them.
import { createCipheriv, createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { pushBaseImage } from '../testbed/base-images.mjs'
import { listen } from '../testbed/listen.mjs'

/**
 * How many packages share a third of all bytes, and how many are downloaded at the same time: apt and pip go through theirs one by one, npm
 * asks for many small ones at once.
 */
export const kinds = /** @type {const} */ ({
  apt: { packages: 120, atOnce: 1, list: 'apt-packages' },
  pip: { packages: 50, atOnce: 1, list: 'requirements.txt' },
  npm: { packages: 500, atOnce: 15, list: 'npm-packages' }
})

/** @typedef {keyof typeof kinds} Kind */

/** What is in the cache directory is not downloaded; a download that breaks off leaves nothing there. */
const install = `#!/bin/sh
set -eu
kind=$1 cache=$2 list=$3
mkdir -p "$cache/packages" "/opt/$kind"
cat >/tmp/download <<'EOT'
#!/bin/sh
cd "$2" && [ -e "$3" ] || { wget -q -O ".$3" "MIRROR/$1/$3" && mv ".$3" "$3"; }
EOT
chmod +x /tmp/download
case $kind in AT_ONCE esac
xargs -P "$most" -n 1 /tmp/download "$kind" "$cache/packages" <"$list"
while read -r name; do gunzip -c "$cache/packages/$name" >"/opt/$kind/$name"; done <"$list"
rm /tmp/download
wc -l <"$list" >"/opt/installed.$kind"
`

/** @param {number} megabytes of all packages of a project together */
export async function startPackageMirror(megabytes) {
  const server = await listen(async (request, response) => {
    const [, kind = '', name = ''] = (request.url ?? '').split('/')
    const body = packageOf(/** @type {Kind} */ (kind), name, megabytes)
    response.writeHead(200, { 'content-length': `${body.length}` }).end(body)
    await Promise.resolve()
  })
  return { host: `127.0.0.1:${server.port}`, stop: server.stop }
}

/** Content that is packed already, different for each name. @param {Kind} kind @param {string} name @param {number} megabytes */
function packageOf(kind, name, megabytes) {
  const bytes = Math.round((megabytes * 1e6) / Object.keys(kinds).length / kinds[kind].packages)
  const key = createHash('sha256').update(`${kind}/${name}`).digest()
  const content = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
  return gzipSync(content, { level: 0 })
}

/** A base image whose `install` asks this mirror. @param {string} name @param {string} mirror URL */
export async function pushInstaller(name, mirror) {
  const atOnce = Object.entries(kinds).map(([kind, row]) => `${kind}) most=${row.atOnce};;`)
  const script = install.replace('MIRROR', mirror).replace('AT_ONCE', atOnce.join(' '))
  await pushBaseImage({ name, files: { 'usr/local/bin/install': script } })
}

/** The packages of a kind, of which some are newer than at first. @param {Kind} kind @param {number} changed */
export function listOf(kind, changed) {
  const version = (/** @type {number} */ number) => (number <= changed ? '2.0.0' : '1.0.0')
  return Array.from({ length: kinds[kind].packages }, (_, at) => `${kind}-${at + 1}-${version(at + 1)}\n`).join('')
}
