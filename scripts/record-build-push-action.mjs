// What docker/build-push-action starts buildx with, for each case of __tests__/fixtures/build-push-action/argv.json: writes it there.
// Takes a directory with its action.yml and dist/, and the version they are of:
//   node scripts/record-build-push-action.mjs <directory> 'v7.3.0 (cb941d0)'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { load } from 'js-yaml'
import { inputVariables } from '../testbed/job-environment.mjs'

const fixture = resolve(import.meta.dirname, '../__tests__/fixtures/build-push-action/argv.json')
const node = resolve(import.meta.dirname, '../node_modules/node/bin/node')
const [directory = '', version = ''] = process.argv.slice(2)
const action = load(await readFile(join(directory, 'action.yml'), 'utf8'))
const { common, cases } = JSON.parse(await readFile(fixture, 'utf8'))

const recorded = []
for (const { description, inputs = {}, env = {}, event, inspect } of cases) {
  const { argv, secrets, failed, said } = await record(inputs, { ...common.env, ...env }, event ?? {}, inspect ?? common.inspect)
  recorded.push({
    description,
    inputs,
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(event ? { event } : {}),
    ...(inspect ? { inspect } : {}),
    ...(argv ? { argv } : {}),
    ...(secrets.length > 0 ? { secrets } : {}),
    ...(failed ? { failed } : {}),
    ...(said.length > 0 ? { said } : {})
  })
}
await writeFile(
  fixture,
  `${JSON.stringify({ source: `docker/build-push-action ${version}, recorded with scripts/record-build-push-action.mjs`, common, cases: recorded }, null, 2)}\n`
)

async function record(inputs, more, event, inspect) {
  const scratch = await mkdtemp(join(tmpdir(), 'record-'))
  try {
    await mkdir(join(scratch, 'bin'))
    await mkdir(join(scratch, 'temp'))
    await writeFile(join(scratch, 'event.json'), JSON.stringify(event))
    await writeFile(join(scratch, 'inspect'), inspect)
    await writeFile(join(scratch, 'secret.txt'), 'from a file')
    for (const name of ['output', 'state']) await writeFile(join(scratch, name), '')
    await writeFile(join(scratch, 'bin/docker'), docker(scratch))
    await chmod(join(scratch, 'bin/docker'), 0o755)
    const env = {
      PATH: `${join(scratch, 'bin')}:${process.env.PATH}`,
      HOME: scratch,
      DOCKER_CONFIG: join(scratch, 'docker'),
      RUNNER_TEMP: join(scratch, 'temp'),
      GITHUB_EVENT_PATH: join(scratch, 'event.json'),
      GITHUB_OUTPUT: join(scratch, 'output'),
      GITHUB_STATE: join(scratch, 'state'),
      GITHUB_WORKSPACE: scratch,
      ...more,
      ...inputVariables(action, inputs, { token: 'the-job-token' })
    }
    const { code, stdout } = await new Promise(done =>
      execFile(node, [resolve(directory, 'dist/index.cjs')], { env, cwd: scratch }, (error, stdout) =>
        done({ code: error?.code ?? 0, stdout })
      )
    )
    const lines = stdout.split('\n')
    const said = lines.filter(line => /^::(warning|error)/.test(line)).map(line => line.replace(/^::(\w+)[^:]*::/, '$1: '))
    const build = await readFile(join(scratch, 'build.json'), 'utf8').then(JSON.parse, () => undefined)
    const hide = text =>
      text
        .replaceAll(scratch, '/scratch')
        .replace(/docker-actions-toolkit-\w+/g, 'toolkit')
        .replace(/(build-(?:iidfile|metadata))-\w+/g, '$1')
    return {
      argv: build?.argv.map(hide),
      secrets: build?.secrets ?? [],
      failed: code !== 0,
      said: said.map(hide).filter(line => !/ACTIONS_RUNTIME_TOKEN not set/.test(line))
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** A docker that builds nothing: it writes down what it is started with, and what is in the files of the secrets. */
function docker(scratch) {
  return `#!${node}
const fs = require('node:fs')
const argv = process.argv.slice(2)
if (argv[1] === 'version') console.log('github.com/docker/buildx v0.36.1 0123456789abcdef')
else if (argv[1] === 'inspect') console.log(fs.readFileSync('${scratch}/inspect', 'utf8'))
else if (argv[1] === 'build') {
  const secrets = []
  const shown = argv.map(text => {
    const [id, path] = text.split(',src=')
    if (!path?.startsWith('${scratch}/temp/')) return text
    secrets.push(fs.readFileSync(path, 'utf8'))
    return id + ',src=<' + (secrets.length - 1) + '>'
  })
  fs.writeFileSync('${scratch}/build.json', JSON.stringify({ argv: shown, secrets }))
}
`
}
