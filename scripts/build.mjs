// Bundles the three entries to dist/: one ESM graph, so that what a job does not need (the cache client) is never parsed.
import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { build } from 'esbuild'

await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: ['src/main.ts', 'src/post.ts', 'src/merge.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS dependencies ask for node's own modules with require(), which an ESM bundle does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
  },
  plugins: [
    {
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
        // Artifacts are neither packed nor read here: without it all of GitHub's API would be in the bundle.
        build.onResolve({ filter: /^\.\/(zip|(download|delete|find)\/[\w-]+)\.js$/ }, ({ importer }) =>
          /node_modules\/@actions\/artifact\//.test(importer) ? { path: 'reading-artifacts', namespace: 'left-out' } : undefined
        )
        // Only for OIDC tokens, which are never asked for here, and half of the time to start.
        build.onResolve({ filter: /^\.\/oidc-utils\.js$/ }, () => ({ path: 'oidc-utils', namespace: 'left-out' }))
        build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {}' }))
      }
    }
  ],
  logLevel: 'warning'
})
await writeFile('dist/package.json', '{ "type": "module" }\n')
