import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listTags } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Job, Project } from './project'

const secrets = { direct: 'direct-5ecret-aaaa', env: 'env-5ecret-bbbb', file: 'file-5ecret-cccc', lines: 'two-5ecret-dddd' }
const args = { file: 'arg-5ecret-eeee', directory: 'arg-5ecret-ffff', shell: 'arg-5ecret-gggg', label: 'arg-5ecret-hhhh' }
const dockerfile = `FROM busybox AS base
ARG FILE
ARG DIRECTORY
ARG SHELL_ARG
ARG LABEL_ARG
LABEL a=\${LABEL_ARG}
WORKDIR /work/\${DIRECTORY}
COPY \${FILE}.txt /copied
ADD --chmod=600 $FILE.txt /added-\${DIRECTORY}
RUN --mount=type=secret,id=direct --mount=type=secret,id=env --mount=type=secret,id=file --mount=type=secret,id=lines \\
  echo "lengths $(cat /run/secrets/direct /run/secrets/env /run/secrets/file /run/secrets/lines | wc -c) \${#SHELL_ARG}"
FROM base AS app
COPY --from=base /added-\${DIRECTORY} \${DIRECTORY}/\${FILE}
ARG FAIL
RUN test -z "$FAIL" && echo "$SHELL_ARG" > /used
`

let project: Project
beforeAll(async () => {
  project = await newProject({ Dockerfile: dockerfile, [`${args.file}.txt`]: 'a\n' })
  await writeFile(join(project.directory, 'secret.txt'), secrets.file)
})
afterAll(() => project.remove())

const inputs = {
  'cache-backends': 'registry,gha,local',
  advice: 'warning',
  secrets: `direct=${secrets.direct}\n"lines=first\n${secrets.lines}"`,
  'secret-envs': 'env=THE_SECRET',
  'secret-files': 'file=secret.txt',
  'build-args': `FILE=${args.file}\nDIRECTORY=${args.directory}\nSHELL_ARG\nLABEL_ARG=${args.label}`
}
const options = { debug: true, env: { THE_SECRET: secrets.env, SHELL_ARG: args.shell } }

it.each([
  { run: 'a first job', more: {} },
  { run: 'a job that finds all in the cache', more: {} },
  { run: 'a job that fails', more: { 'build-args': `${inputs['build-args']}\nFAIL=yes` } },
  {
    run: 'a job that fails at a COPY',
    more: { 'build-args': inputs['build-args'].replace(`FILE=${args.file}`, `FILE=missing-${args.file}`) }
  }
])('$run says no value of a secret or build argument anywhere', async ({ run, more }) => {
  const job = await project.job({ ...inputs, ...more }, options)
  expect(job.main.exitCode).toBe(run.includes('fails') ? 1 : 0)
  if (run === 'a first job') expect(job.main.log).toMatch(/lengths 70 15$/m)
  for (const [place, text] of Object.entries(await placesOf(job))) {
    for (const value of [...Object.values(secrets), ...Object.values(args)])
      expect([place, linesWith(text, value)]).toEqual([place, []])
  }
})

it('a failing step that prints secrets and build arguments leaves none in summary and report', async () => {
  const tells = dockerfile.replace('test -z "$FAIL"', '! { cat /run/secrets/*; echo "and $SHELL_ARG"; }')
  const mounts = ['direct', 'env', 'file', 'lines'].map(id => `--mount=type=secret,id=${id}`).join(' ')
  await project.write('Dockerfile.tells', tells.replace('RUN ! {', `RUN ${mounts} ! {`))
  const job = await project.job({ ...inputs, file: 'Dockerfile.tells' }, options)
  expect(job.main.exitCode).toBe(1)
  expect(job.main.log).toContain(secrets.env)
  expect(job.summary).toMatch(/^[\d.]+ \$\{direct\}\$\{env\}\$\{file\}\$\{lines\}\n[\d.]+ \$\{lines\}and \$\{SHELL_ARG\}$/m)
  const { summary, report } = await placesOf(job)
  for (const value of [...Object.values(secrets), ...Object.values(args)])
    for (const text of [summary, report]) expect(linesWith(text ?? '', value)).toEqual([])
})

it('docker gets no value of input secrets in its arguments', async () => {
  const job = await project.job(inputs, options)
  expect(job.calls.flat().filter(argument => [secrets.direct, secrets.lines].some(value => argument.includes(value)))).toEqual([])
})

it('a secret is masked before anything else is said', async () => {
  const job = await project.job(inputs, options)
  expect(job.main.masks).toEqual(expect.arrayContaining([secrets.direct, secrets.lines]))
})

/** Every place people or later steps may read, but for the output `metadata`, which is buildx' own. */
async function placesOf(job: Job): Promise<Readonly<Record<string, string>>> {
  const outputs = Object.entries(job.outputs).filter(([name]) => name !== 'metadata')
  const masking = /^::add-mask::.*$/gm
  const names = (await project.cacheService.entries()).map(({ key }) => key)
  return {
    log: job.main.log.replace(masking, ''),
    'log of post': job.post?.log ?? '',
    annotations: JSON.stringify([...job.main.annotations, ...(job.post?.annotations ?? [])]),
    summary: job.summary,
    outputs: JSON.stringify(outputs),
    state: JSON.stringify(job.state),
    environment: JSON.stringify([job.exported, job.path]),
    report: await readFile(job.outputs['report'] ?? '', 'utf8'),
    'names of refs': [...names, ...(await listTags(project.repository))].join('\n'),
    'local index': await readFile(join(project.cacheDir, 'index.json'), 'utf8').catch(() => ''),
    'temporary files': (await readdir(job.temp, { recursive: true })).join('\n')
  }
}

function linesWith(text: string, value: string): readonly string[] {
  return text.split('\n').filter(line => line.includes(value))
}
