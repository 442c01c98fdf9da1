// @ts-check
// What a local cache moves through GitHub's cache service when commits of code follow each other, each on an empty machine: by this
// action, and by the known way that carries the whole directory.
//
//     npm run bench:local -- [--commits 10] [--python-mb 200] [--node-mb 60] [--driver NAME] [--image REF] [--plugins DIR] [--write FILE],
//     on the test bed (testbed/up); driver, image and plugins as of the seven jobs
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { baseImageRef } from '../testbed/base-images.mjs'
import { adminOf } from '../testbed/cache-admin.mjs'
import { serveCache } from '../testbed/cache-service.mjs'
import { removeJobs } from '../testbed/runner.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { newBuilders } from './builders.mjs'
import { buildsOf, stepsRun } from './history.mjs'
import { runAction, runCommand } from './one-job.mjs'
import { compareSteps, edit, jobs, writeProject } from './project.mjs'
import { alignColumns, markdownTable } from './tables.mjs'

/**
 * @typedef {import('./one-job.mjs').Place & { directory: string, commit: string }} Place
 * @typedef {{ up: number, down: number, seconds: number, entries: number }} Moved bytes by the job and to it, and bytes kept in the service
 */

const { values } = parseArgs({
  options: {
    commits: { type: 'string', default: '10' },
    'python-mb': { type: 'string', default: '200' },
    'node-mb': { type: 'string', default: '60' },
    driver: { type: 'string' },
    image: { type: 'string' },
    plugins: { type: 'string' },
    write: { type: 'string' }
  }
})
const commits = Number(values.commits)
const size = { pythonMb: Number(values['python-mb']), nodeMb: Number(values['node-mb']) }
const [cold, , codeEdit] = jobs
const { driver, image, plugins } = values
const builders = await newBuilders({
  ...(driver ? { driver } : {}),
  ...(image ? { image } : {}),
  ...(plugins ? { plugins } : {})
})
const scratch = await mkdtemp(join(tmpdir(), 'bench-local-'))
const ways = { 'this action': byAction, 'whole directory': byHand }
/** @type {Record<string, Moved[]>} */
const moved = {}
/** @type {Record<string, string>} */
let versions = {}
try {
  for (const [name, way] of Object.entries(ways)) moved[name] = await runCommits(name, way)
} finally {
  await builders.stop()
  await rm(scratch, { recursive: true, force: true })
  await removeJobs()
}
const rows = tableOf(moved)
console.log(alignColumns(rows).join('\n'))
if (values.write) await writeFile(values.write, renderResults(rows))

/** A cold job, then the commits. @param {string} name @param {typeof byAction} way */
async function runCommits(name, way) {
  const service = await serveCache()
  const place = join(scratch, randomUUID())
  const [workspace, directory] = [join(place, 'app'), join(place, 'cache')]
  const repository = `${theTestBed().registry}/bench/${randomUUID()}`
  const admin = adminOf(service.url)
  /** @type {Moved[]} */
  const all = []
  try {
    await writeProject(workspace, { ...size, baseImage: baseImageRef('busybox') })
    for (let commit = 0; commit <= commits; commit++) {
      const job = commit === 0 ? cold : { ...codeEdit, edits: { 'src/main.js': `=export const commit = ${commit}\n` } }
      if (!job?.must) throw new Error('the seven jobs are others than this script expects')
      const known = /** @type {import('./project.mjs').Job} */ (job)
      await edit(workspace, known)
      await rm(directory, { recursive: true, force: true })
      const builder = await builders.make()
      if (Object.keys(versions).length === 0) versions = await builders.versions(builder)
      await admin.resetCounts()
      const started = Date.now()
      const outcome = await way({
        workspace,
        repository,
        directory,
        cacheUrl: service.url,
        builder,
        env: builders.env,
        commit: `${commit}`
      })
      if (outcome.exitCode !== 0) throw new Error(`${name}, commit ${commit}: ${outcome.exitCode}\n${outcome.log.slice(-4000)}`)
      const { needless, missing } = compareSteps(known, stepsRun(await buildsOf(builder, builders.env, started)))
      if (needless.length + missing.length > 0)
        throw new Error(`${name}, commit ${commit}: needlessly ${needless}; not run ${missing}`)
      await builders.remove(builder)
      const { bytesIn: up, bytesOut: down } = await admin.counts()
      const entries = (await admin.entries()).reduce((sum, { bytes }) => sum + bytes, 0)
      all.push({ up, down, seconds: outcome.seconds, entries })
      console.log(
        `${name.padEnd(15)} ${commit}: ${megabytes(up)} MB up, ${megabytes(down)} MB down, ${outcome.seconds.toFixed(1)} s`
      )
    }
    return all
  } finally {
    await service.stop()
  }
}

/** @param {Place} place */
function byAction(place) {
  return runAction(resolve(import.meta.dirname, '..'), place, {
    'cache-backends': 'local',
    'cache-dir': place.directory,
    'build-args': `BASE_IMAGE=${baseImageRef('busybox')}`
  })
}

/** @param {Place} place */
function byHand(place) {
  const { repository, directory, builder, commit } = place
  const script = resolve(import.meta.dirname, 'local-by-hand.mjs')
  return runCommand(process.execPath, [script, repository, baseImageRef('busybox'), builder, directory, commit], place)
}

/** @param {Readonly<Record<string, readonly Moved[]>>} moved */
function tableOf(moved) {
  const amounts = Object.values(moved).map(([first, ...edits]) => {
    const sum = (/** @type {(one: Moved) => number} */ of) => edits.reduce((total, one) => total + of(one), 0)
    return {
      'MB up, cold': first?.up ?? 0,
      [`MB up, ${commits} code edits`]: sum(({ up }) => up),
      [`MB down, ${commits} code edits`]: sum(({ down }) => down),
      [`MB both ways, ${commits} code edits`]: sum(({ up, down }) => up + down),
      'MB in the service at last': edits.at(-1)?.entries ?? 0
    }
  })
  const [own, other] = amounts
  const names = Object.keys(moved)
  return [
    ['', ...names, 'part'],
    ...Object.keys(own ?? {}).map(what => {
      const [ours = 0, theirs = 0] = [own?.[what], other?.[what]]
      return [what, megabytes(ours), megabytes(theirs), (ours / theirs).toFixed(3)]
    }),
    ['s a code edit, mean', ...names.map(name => meanSeconds(moved[name] ?? []).toFixed(1)), '']
  ]
}

/** Of the code edits. @param {readonly Moved[]} all */
function meanSeconds([, ...edits]) {
  return edits.reduce((sum, { seconds }) => sum + seconds, 0) / edits.length
}

/** @param {readonly (readonly string[])[]} rows */
function renderResults(rows) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  return `# A local cache from commit to commit, measured

Made by \`bench/local-commits.mjs\`; what the figures mean: [docs/backends.md](../docs/backends.md#local).

- ${new Date().toISOString().slice(0, 10)}, commit ${commit}. One cold job, then ${commits} commits of code, each on an empty machine; one measurement.
- The project of the [seven jobs](../docs/speed.md#what-is-measured), Python packages ${size.pythonMb} MB, Node packages ${size.nodeMb} MB. Line: as fast as the machine.
- BuildKit ${versions['buildkit']} (driver ${versions['driver']}), buildx ${versions['buildx']}, Docker ${versions['docker']}.
- Each job ran the steps that had to run, and no other.

${markdownTable(rows, 1)}
`
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
}
