// Exports of stages beside a build change nothing about its image: the digest is that of plain buildx with the same flags.
import { docker, freshMachine } from '../../testbed/builder.mjs'
import { fetchManifest } from '../../testbed/registry.mjs'
import { newProject } from './project'
import type { Project } from './project'

// docker's own builder unpacks what it makes, which goes with no rewritten time.
const epoch = '1700000000'
let project: Project
beforeAll(async () => {
  project = await newProject()
})
afterAll(() => project.remove())

it.each([
  { description: 'an image', flags: [], inputs: {} },
  {
    description: 'labels, annotations, an SBOM that is off',
    flags: ['--label=a=b', '--annotation=manifest:c=d', '--sbom=false'],
    inputs: { labels: 'a=b', annotations: 'manifest:c=d', sbom: 'false' }
  },
  {
    description: 'a target and build arguments',
    flags: ['--target=builder', '--build-arg=A=1'],
    inputs: { target: 'builder', 'build-args': 'A=1' }
  }
])('$description', async ({ flags, inputs }) => {
  const output = (tag: string) =>
    `type=image,name=${project.image}:${tag},push=true,rewrite-timestamp=true,unpack=false,store=false`
  const job = (tag: string) =>
    project.job(
      {
        'cache-backends': 'registry',
        provenance: 'false',
        tags: '',
        'cache-image': project.image,
        outputs: output(tag),
        ...inputs
      },
      { env: { SOURCE_DATE_EPOCH: epoch } }
    )
  const cold = await job('cold')
  const warm = await job('warm')
  expect([cold.main.exitCode, warm.main.exitCode, warm.outputs['cache-hit']]).toEqual([0, 0, 'true'])
  await freshMachine()
  const plain = ['buildx', 'build', '--provenance=false', `--output=${output('plain')}`, ...flags, project.directory]
  await docker(plain, { env: { SOURCE_DATE_EPOCH: epoch } })
  const { digest } = (await fetchManifest(project.repository, 'plain')) ?? {}
  expect([cold.outputs['digest'], warm.outputs['digest']]).toEqual([digest, digest])
})
