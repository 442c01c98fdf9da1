// @ts-check
// What is other in GitHub's clients as they are bundled than as they are published.
import { readFile, readdir } from 'node:fs/promises'
import { resolve } from 'node:path'

/** @type {import('esbuild').Plugin} */
export const githubClients = {
  name: 'github-clients',
  setup(build) {
    // The clients write their failures to the job log; src/io/client-log.ts makes errors of them.
    build.onResolve({ filter: /^@actions\/core$/ }, ({ importer }) =>
      /node_modules\/@actions\/(cache|glob|artifact)\//.test(importer) ? { path: resolve('src/io/client-log.ts') } : undefined
    )
    // So does the cache client with the commands that it starts.
    build.onResolve({ filter: /^@actions\/exec$/ }, ({ importer }) =>
      /node_modules\/@actions\/cache\//.test(importer) ? { path: resolve('src/io/client-exec.ts') } : undefined
    )
    // Its own ways to fetch from GitHub's storage and to put there take up to half a gigabyte of memory.
    for (const { module, name } of [
      { module: 'downloadUtils', name: 'downloadCacheStorageSDK' },
      { module: 'uploadUtils', name: 'uploadCacheArchiveSDK' }
    ]) {
      build.onLoad({ filter: new RegExp(`@actions/cache/lib/internal/${module}\\.js$`) }, async ({ path }) => {
        const [before, after, ...more] = (await readFile(path, 'utf8')).split(`export function ${name}(`)
        if (after === undefined || more.length > 0) throw new Error(`${path} has not one ${name}`)
        const replacement = `export { ${name} } from ${JSON.stringify(resolve('src/io/archive-transfer.ts'))}`
        return { contents: `${before}function replaced(${after}\n${replacement}` }
      })
    }
    build.onResolve({ filter: /^@azure\/storage-blob$/ }, ({ importer }) =>
      /node_modules\/@actions\/cache\//.test(importer) ? { path: 'storage', namespace: 'left-out' } : undefined
    )
    // Artifacts are neither packed nor read here: without it all of GitHub's API would be in the bundle.
    build.onResolve({ filter: /^\.\/(zip|(download|delete|find)\/[\w-]+)\.js$/ }, ({ importer }) =>
      /node_modules\/@actions\/artifact\//.test(importer) ? { path: 'reading-artifacts', namespace: 'left-out' } : undefined
    )
    // Only for a way through proxies that nobody asks for: requests that go through one do without it. It takes longest to start of all.
    build.onResolve({ filter: /^undici$/ }, ({ importer }) =>
      /node_modules\/@actions\/http-client\//.test(importer) ? { path: 'undici', namespace: 'left-out' } : undefined
    )
    build.onEnd(async () => {
      const outdir = build.initialOptions.outdir ?? '.'
      for (const path of await readdir(outdir, { recursive: true })) {
        const text = path.endsWith('.js') ? await readFile(resolve(outdir, path), 'utf8') : ''
        if (text.includes('.getAgentDispatcher(')) throw new Error(`${path} asks for undici, which is left out`)
      }
    })
    // Only for OIDC tokens, which are never asked for here, and half of the time to start.
    build.onResolve({ filter: /^\.\/oidc-utils\.js$/ }, () => ({ path: 'oidc-utils', namespace: 'left-out' }))
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {}' }))
  }
}
