// Bundles the three entries to dist/: one ESM graph, so that what a job does not need (the cache client) is never parsed.
import { rm, writeFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { githubClients } from './github-clients.mjs'
import { ownModules } from './own-modules.mjs'

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
  plugins: [githubClients, ownModules],
  logLevel: 'warning'
})
await writeFile('dist/package.json', '{ "type": "module" }\n')
