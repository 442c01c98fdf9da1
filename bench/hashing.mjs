// @ts-check
// How long it takes to know what the stages are made from: 20,000 files, 1 GB, all copied by one step; and how large its record is.
// node bench/hashing.mjs [files] [megabytes]
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const [files = 20_000, megabytes = 1000] = process.argv.slice(2).map(Number)
const root = resolve(import.meta.dirname, '..')
const directory = mkdtempSync(join(tmpdir(), 'hashing-'))
try {
  const context = join(directory, 'context')
  makeFiles(context, files, megabytes)
  const bundle = join(directory, 'parts.mjs')
  const parts = [
    ['newContextFiles', 'io/context-files'],
    ['contextTree', 'fingerprint/context-reads'],
    ['newPathMatcher', 'fingerprint/path-patterns'],
    ['sealMaterials', 'fingerprint/seal'],
    ['filesToDigest, selectFiles, treesOfFiles', 'fingerprint/taken-files'],
    ['emptyRecord, renderRecord', 'fingerprint/record'],
    ['traceStages', 'fingerprint/trace-stages'],
    ['parseDockerfile', 'dockerfile/parse-dockerfile']
  ]
  await build({
    stdin: { contents: parts.map(([names, path]) => `export { ${names} } from './src/${path}'`).join('\n'), resolveDir: root },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle
  })
  const made = await import(bundle)
  const settings = { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64', targetName: '' }
  const { dockerfile, script } = made.parseDockerfile('FROM scratch\nCOPY . /\n', settings)
  const needed = dockerfile.stages

  for (let round = 1; round <= 3; round++) {
    const lag = measureLag()
    const started = performance.now()
    const cpu = process.cpuUsage()
    const stages = made.traceStages({ script, needed, settings, contexts: [], inputs: {} })
    const { tree: list, digests: hash } = made.newContextFiles()
    const tree = made.contextTree(await list(context, () => true), made.newPathMatcher([]))
    const selections = made.selectFiles(stages, tree)
    const listed = performance.now()
    const digests = await hash(context, made.filesToDigest(selections, tree))
    const hashed = performance.now()
    const fingerprint = made.sealMaterials({ stages, needed, files: made.treesOfFiles(stages, selections, tree, digests) }, 'key')
    const record = made.renderRecord({
      ...made.emptyRecord('acme/app', 'key'),
      stages: {
        'stage-0': {
          'linux/amd64': { made: fingerprint.stages.get('stage-0').get('linux/amd64'), images: {}, seconds: [1], saved: {} }
        }
      },
      trees: Object.fromEntries(fingerprint.trees)
    })
    const ended = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    const seconds = (/** @type {number} */ from, /** @type {number} */ to) => ((to - from) / 1000).toFixed(2)
    console.log(
      `${digests.size} files: ${seconds(started, ended)} s (list ${seconds(started, listed)}, hash ${seconds(listed, hashed)}, seal and render ` +
        `${seconds(hashed, ended)}), CPU ${((user + system) / 1e6).toFixed(2)} s, longest stretch ${lag()} ms, record ${(record.length / 1e6).toFixed(2)} MB, ` +
        `memory ${Math.round(process.memoryUsage().rss / 1e6)} MB`
    )
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** Names as long as those of a project; a hundredth of the files holds half of the bytes. @param {string} context @param {number} count @param {number} size */
function makeFiles(context, count, size) {
  const bytes = randomBytes(1 << 20)
  const small = (size * 1e6) / 2 / (count * 0.99)
  const large = (size * 1e6) / 2 / (count * 0.01)
  for (let index = 0; index < count; index++) {
    const folder = join(context, `packages/package-${index % 50}/src/component-${Math.floor(index / 50) % 40}`)
    mkdirSync(folder, { recursive: true })
    const file = openSync(join(folder, `some-module-name-${index}.test.ts`), 'w')
    for (let left = index % 100 === 0 ? large : small; left > 0; left -= bytes.length)
      writeSync(file, bytes.subarray(0, Math.min(left, bytes.length)))
    closeSync(file)
  }
}

/** Longest time for which nothing else got its turn. */
function measureLag() {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  return () => {
    clearInterval(timer)
    return Math.round(longest)
  }
}
