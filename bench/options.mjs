// @ts-check
import { parseArgs } from 'node:util'
import { jobs } from './project.mjs'

export const help = `node bench/seven-jobs.mjs [options], on the test bed (testbed/up)

  --rounds N          how often all is done; the median counts (1)
  --jobs LIST         of ${jobs.map(({ name }) => name).join(', ')} (all)
  --only LIST         beginnings of the names of those who take part (all)
  --exports LIST      settings of input cache-export to compare, such as after,eager (the action's default)
  --action DIR        another action with docker/build-push-action's inputs, to take part with mode=max
  --action-name NAME  what to call it (the directory)
  --driver NAME       docker, docker-container or remote (docker with the test bed's own engine, else docker-container)
  --image REF         BuildKit's image, for docker-container
  --fresh COMMAND     for remote: starts an empty BuildKit and prints its address
  --plugins DIR       a DOCKER_CONFIG directory whose buildx is used
  --delay MS          of each request (40)
  --mbit N            of the line to the registry, and of that to the cache service (800)
  --python-mb N       size of the Python packages (200)
  --node-mb N         size of the Node packages (60)
  --json FILE         every measurement, as they come
  --write DIR         results.md and seven-jobs.svg are written there

Interrupted, it ends after the job that runs and prints what there is. Blobs stay in the test bed's registry: testbed/down --wipe.
`

/** @param {readonly string[]} args */
export function readOptions(args) {
  const text = (/** @type {string} */ value) => /** @type {const} */ ({ type: 'string', default: value })
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      rounds: text('1'),
      jobs: text(jobs.map(({ name }) => name).join(',')),
      only: text(''),
      exports: text(''),
      action: { type: 'string' },
      'action-name': { type: 'string' },
      driver: { type: 'string' },
      image: { type: 'string' },
      fresh: { type: 'string' },
      plugins: { type: 'string' },
      delay: text('40'),
      mbit: text('800'),
      'python-mb': text('200'),
      'node-mb': text('60'),
      json: { type: 'string' },
      write: { type: 'string' }
    }
  })
  const chosen = list(values.jobs)
  const unknown = chosen.find(name => jobs.every(job => job.name !== name))
  if (unknown !== undefined) throw new Error(`--jobs: no job is called ${unknown}`)
  if (chosen.includes('fix') && !chosen.includes('failing builder'))
    throw new Error('--jobs: fix needs failing builder before it')
  if (values.driver === 'remote' && !values.fresh) throw new Error('--driver remote needs --fresh')
  const { help, action, driver, image, fresh, plugins, json, write } = values
  return {
    help,
    ...(action ? { action } : {}),
    actionName: values['action-name'] ?? action?.split('/').filter(Boolean).at(-1) ?? '',
    ...(driver ? { driver } : {}),
    ...(image ? { image } : {}),
    ...(fresh ? { fresh } : {}),
    ...(plugins ? { plugins } : {}),
    ...(json ? { json } : {}),
    ...(write ? { write } : {}),
    jobs: chosen,
    only: list(values.only),
    exports: values.exports === '' ? [''] : list(values.exports),
    rounds: Number(values.rounds),
    delayMs: Number(values.delay),
    mbit: Number(values.mbit),
    pythonMb: Number(values['python-mb']),
    nodeMb: Number(values['node-mb'])
  }
}

/** @param {string} text */
function list(text) {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}
