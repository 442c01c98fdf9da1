// @ts-check
// The project that is built, and the seven jobs: what each changes, and which steps it therefore has to run.
import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {Readonly<Record<string, string>>} edits what is added to which file; a file's content that begins with `=` replaces it
 * @property {readonly string[]} must steps BuildKit's rules require, `<stage> <number>`, when all earlier jobs saved all they finished
 * @property {readonly string[]} may steps that are no fault either way: whether they end before another fails is a matter of time
 * @property {boolean} fails
 */

const steps = {
  base: ['base 2', 'base 3'],
  python: ['python-deps 1', 'python-deps 2'],
  node: ['node-deps 1', 'node-deps 2'],
  builder: ['builder 1', 'builder 2'],
  runtime: ['runtime 1', 'runtime 2', 'runtime 3'],
  runtimeFromBuilder: ['runtime 2', 'runtime 3']
}
const code = (/** @type {string} */ text) => `=export const greeting = '${text}'\n`
const npm = (/** @type {string} */ name) => ({ 'package-lock.json': `\n// ${name}\n` })
const python = (/** @type {string} */ name) => ({ 'requirements.txt': `${name}==1.0.0\n` })

/** In this order; each edit stays. @type {readonly Job[]} */
export const jobs = [
  {
    name: 'cold',
    edits: {},
    must: [...steps.base, ...steps.python, ...steps.node, ...steps.builder, ...steps.runtime],
    may: [],
    fails: false
  },
  { name: 'unchanged', edits: {}, must: [], may: [], fails: false },
  {
    name: 'code edit',
    edits: { 'src/main.js': code('Good morning') },
    must: [...steps.builder, ...steps.runtimeFromBuilder],
    may: [],
    fails: false
  },
  {
    name: 'npm edit',
    edits: npm('clsx'),
    must: [...steps.node, ...steps.builder, ...steps.runtimeFromBuilder],
    may: [],
    fails: false
  },
  { name: 'python edit', edits: python('redis'), must: [...steps.python, ...steps.runtime], may: [], fails: false },
  {
    name: 'failing builder',
    edits: { 'src/main.js': code('does not compile'), ...npm('zod'), ...python('celery') },
    must: [...steps.python, ...steps.node, ...steps.builder],
    may: ['runtime 1'],
    fails: true
  },
  {
    name: 'fix',
    edits: { 'src/main.js': code('Good evening') },
    must: [...steps.builder, ...steps.runtimeFromBuilder],
    may: ['runtime 1'],
    fails: false
  }
]

/**
 * Writes the project as it is before the first job.
 * @param {string} directory
 * @param {{ baseImage: string, pythonMb: number, nodeMb: number }} options
 */
export async function writeProject(directory, { baseImage, pythonMb, nodeMb }) {
  await rm(directory, { recursive: true, force: true })
  await cp(join(import.meta.dirname, 'project'), directory, { recursive: true })
  const file = join(directory, 'Dockerfile')
  const text = await readFile(file, 'utf8')
  const withArgs = text
    .replace(/^ARG BASE_IMAGE=.*$/m, `ARG BASE_IMAGE=${baseImage}`)
    .replace(/^ARG PYTHON_MB=.*$/m, `ARG PYTHON_MB=${pythonMb}`)
    .replace(/^ARG NODE_MB=.*$/m, `ARG NODE_MB=${nodeMb}`)
  await writeFile(file, withArgs)
}

/** @param {string} directory @param {Job} job */
export async function edit(directory, job) {
  for (const [file, text] of Object.entries(job.edits)) {
    if (text.startsWith('=')) await writeFile(join(directory, file), text.slice(1))
    else await appendFile(join(directory, file), text)
  }
}

/** @param {Job} job @param {readonly string[]} ran @returns {{ needless: string[], missing: string[] }} */
export function compareSteps({ must, may }, ran) {
  return {
    needless: ran.filter(step => !must.includes(step) && !may.includes(step)),
    missing: must.filter(step => !ran.includes(step))
  }
}
