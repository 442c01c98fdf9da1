// @ts-check
// How node's own modules are imported by what is bundled.

/**
 * An import statement makes node look at all that a module exports, and of some that is much more than anybody uses: that of `node:http` starts all of
 * undici, 45 of the 60 ms that it takes.
 * @type {import('esbuild').Plugin}
 */
export const ownModules = {
  name: 'own-modules',
  setup(build) {
    build.onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path: path.replace(/^node:/, ''), namespace: 'own-module' } : undefined
    )
    build.onLoad({ filter: /.*/, namespace: 'own-module' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`
    }))
  }
}
