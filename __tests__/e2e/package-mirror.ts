// A mirror on loopback that counts what is fetched of it, and a base image whose package managers fetch from it.
import { pushBaseImage } from '../../testbed/base-images.mjs'
import { listen } from '../../testbed/listen.mjs'

/** As pip, uv and apt do: what is in the cache directory is not fetched again. */
const fetch = `fetch() { # what, from where, into which directory
  mkdir -p "$3"; [ -e "$3/$1" ] || wget -q -O "$3/.$1" "MIRROR/$2/$1" || { rm -f "$3/.$1"; echo "cannot fetch $1" >&2; exit 1; }
  [ -e "$3/$1" ] || mv "$3/.$1" "$3/$1"
  mkdir -p /opt/installed; cp "$3/$1" /opt/installed/
}
`
const programs: Readonly<Record<string, string>> = {
  'apt-get': `case $1 in
  update) mkdir -p /var/lib/apt/lists; wget -q -O /var/lib/apt/lists/Packages MIRROR/lists/Packages ;;
  install)
    [ -e /var/lib/apt/lists/Packages ] || { echo 'no lists' >&2; exit 1; }
    mkdir /var/cache/apt/lock 2>/dev/null || { echo 'locked by another' >&2; exit 1; }
    shift
    for name; do case $name in -*) ;; *) fetch "$name.deb" apt /var/cache/apt/archives ;; esac; done
    rmdir /var/cache/apt/lock ;;
esac`,
  pip: `while read -r name; do fetch "$name.whl" pip /root/.cache/pip/wheels; done <requirements.txt`,
  uv: `while read -r name; do fetch "$name.whl" uv /root/.cache/uv/wheels; done <requirements.txt`
}

/** `bytes` in every package. */
export async function startPackageMirror(bytes = 100_000) {
  const counts = new Map<string, number>()
  const server = await listen(async (request, response) => {
    const path = request.url ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    response.writeHead(200, { 'content-length': `${bytes}` }).end(Buffer.alloc(bytes, path))
    await Promise.resolve()
  })
  const url = `http://127.0.0.1:${server.port}`
  return {
    /** How often each package was fetched; lists of packages are not counted. */
    fetched: () => Object.fromEntries([...counts].filter(([path]) => !path.startsWith('/lists/')).toSorted()),
    reset: () => counts.clear(),
    stop: server.stop,
    /** Gives the name to write behind FROM. */
    async pushBase(name: string): Promise<string> {
      const files = Object.entries(programs).map(([program, text]) => [
        `usr/local/bin/${program}`,
        `#!/bin/sh\nset -eu\n${fetch}${text}\n`.replaceAll('MIRROR', url)
      ])
      return (await pushBaseImage({ name, files: Object.fromEntries(files) as Record<string, string> })).ref
    }
  }
}
