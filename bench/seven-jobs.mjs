// @ts-check
// Seven jobs, each on an empty builder, by this action and by others, behind a line with round trips and limited bandwidth.
//
//     npm run bench                      one round; node bench/seven-jobs.mjs --help lists the options
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { removeJobs } from '../testbed/runner.mjs'
import { newBuilders } from './builders.mjs'
import { allCompetitors } from './competitors.mjs'
import { measure, newLine } from './measure.mjs'
import { help, readOptions } from './options.mjs'
import { edit, jobs as allJobs, writeProject } from './project.mjs'
import { loadsOf, renderResults, renderText } from './results.mjs'
import { summarize } from './summary.mjs'
import { renderChart } from './chart.mjs'

const options = readOptions(process.argv.slice(2))
if (options.help) {
  console.log(help)
  process.exit(0)
}
const builders = await newBuilders(options)
const scratch = await mkdtemp(join(tmpdir(), 'bench-'))
const jobs = allJobs.filter(({ name }) => options.jobs.includes(name))
const everybody = allCompetitors(options)
const competitors = everybody.filter(
  ({ name }) => options.only.length === 0 || options.only.some(wanted => name.startsWith(wanted))
)
/** @type {import('./measure.mjs').Measurement[]} */
const measured = []
/** @type {Record<string, string>} */
let versions = {}
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopping = true
    console.log('stopping after this job')
  })
}
try {
  for (let round = 1; round <= options.rounds && !stopping; round++) await runRound(round)
} finally {
  await builders.stop()
  await rm(scratch, { recursive: true, force: true })
  await removeJobs()
}
const facts = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${loadsOf(measured, cpus().length)}`,
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim(),
  ...options,
  ...versions
}
const summary = summarize(measured, { jobs, competitors })
console.log(`\n${renderText(summary)}`)
if (options.write) {
  await mkdir(options.write, { recursive: true })
  await writeFile(resolve(options.write, 'results.md'), renderResults(summary, facts))
  await writeFile(resolve(options.write, 'seven-jobs.svg'), renderChart(summary))
}

/** The sequence of jobs, each by all competitors before the next: what disturbs the machine hits all alike. @param {number} round */
async function runRound(round) {
  const stands = await Promise.all(competitors.map(competitor => setUp(competitor, round)))
  try {
    // Where only one builder can be, the one that is kept goes through all jobs before the others.
    const alone = builders.canKeep ? [] : stands.filter(({ competitor }) => competitor.keepsBuilder)
    for (const stand of alone) for (const job of jobs) await runOne(stand, job, round)
    const others = stands.filter(stand => !alone.includes(stand))
    for (const [number, job] of jobs.entries()) {
      // Another one goes first each time.
      const first = (number + round) % others.length
      for (const stand of [...others.slice(first), ...others.slice(0, first)]) await runOne(stand, job, round)
    }
  } finally {
    for (const { line, builder } of stands) {
      await builders.remove(builder)
      await line.stop()
    }
  }
}

/** @param {Awaited<ReturnType<typeof setUp>>} stand @param {import('./project.mjs').Job} job @param {number} round */
async function runOne(stand, job, round) {
  if (stopping) return
  const { competitor, line } = stand
  await edit(stand.workspace, job)
  if (!competitor.keepsBuilder || stand.builder === '') stand.builder = await builders.make()
  if (Object.keys(versions).length === 0) versions = await builders.versions(stand.builder)
  const place = { ...stand, cacheUrl: line.cache.url, env: builders.env }
  const one = await measure({ job, competitor, round, line, place })
  if (!competitor.keepsBuilder) await builders.remove(stand.builder)
  measured.push(one)
  console.log(renderLine(one))
  if (options.json) await writeFile(options.json, JSON.stringify(measured))
}

/** @param {import('./competitors.mjs').Competitor} competitor @param {number} round */
async function setUp(competitor, round) {
  const line = await newLine(options)
  const workspace = join(scratch, `${competitor.name.replaceAll(/\W+/g, '-')}-${round}`, 'app')
  await writeProject(workspace, { ...options, baseImage: line.baseImage('busybox') })
  const repository = `${line.registry.host}/bench/${randomUUID()}`
  return { competitor, line, workspace, repository, builder: '' }
}

/** @param {import('./measure.mjs').Measurement} one */
function renderLine({ round, job, competitor, seconds, ran, needless, missing, troubles }) {
  const remarks = [
    ...(needless.length > 0 ? [`needlessly: ${needless.join(', ')}`] : []),
    ...(missing.length > 0 ? [`not run: ${missing.join(', ')}`] : []),
    ...troubles
  ]
  return `${round} ${job.padEnd(15)} ${competitor.padEnd(32)} ${seconds.toFixed(1).padStart(5)} s, ${ran.length} steps  ${remarks.join('; ')}`
}
