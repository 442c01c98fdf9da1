import { planBackends, pushedRepositories, repositoriesOf } from '../../src/plan/backends'
import type { BackendPlan } from '../../src/plan/backends'
import { inputsWith } from '../inputs/fixture'

const tag = { tags: 'ghcr.io/acme/app:1' }

const cases: readonly {
  description: string
  inputs: Readonly<Record<string, string>>
  service?: boolean
  expected: Partial<BackendPlan>
}[] = [
  {
    description: 'a tag that is pushed',
    inputs: { ...tag, push: 'true' },
    expected: { backends: ['registry'], repository: 'ghcr.io/acme/app' }
  },
  {
    description: 'a tag of Docker Hub',
    inputs: { tags: 'acme/app', push: 'true' },
    expected: { backends: ['registry'], repository: 'docker.io/acme/app' }
  },
  {
    description: 'a tag that is not pushed, a service',
    inputs: tag,
    service: true,
    expected: { backends: ['gha'], repository: '' }
  },
  { description: 'a tag that is not pushed, no service', inputs: tag, expected: { backends: ['local'], repository: '' } },
  { description: 'nothing at all', inputs: {}, expected: { backends: ['local'], repository: '' } },
  {
    description: 'cache-image is written to whether or not the image is pushed',
    inputs: { ...tag, 'cache-image': 'ghcr.io/acme/cache' },
    service: true,
    expected: { backends: ['registry'], repository: 'ghcr.io/acme/cache' }
  },
  ...(
    [
      ['type=registry', true],
      ['type=image,push=true', true],
      ['type=image,Push=1', true],
      ['type=image, push=true', true],
      ['type=image,push=false', false],
      ['type=registry,push=false', false],
      ['type=image', false],
      ['type=docker', false],
      ['type=local,dest=push=true', false],
      ['type=local,dest=out,push=true', false],
      ['out', false],
      ['"type=image,push=true', false]
    ] as const
  ).map(([outputs, pushed]) => ({
    description: `output ${outputs}`,
    inputs: { ...tag, outputs },
    service: true,
    expected: { backends: pushed ? (['registry'] as const) : (['gha'] as const) }
  })),
  {
    description: 'asked for, in that order, each once',
    inputs: { ...tag, 'cache-backends': 'gha,registry,gha' },
    service: true,
    expected: { backends: ['gha', 'registry'], repository: 'ghcr.io/acme/app', serviceMissing: false, problems: [] }
  },
  {
    description: 'gha asked for where there is no service',
    inputs: { 'cache-backends': 'gha,local' },
    expected: { backends: ['local'], serviceMissing: true, problems: [] }
  },
  {
    description: 'registry asked for without a repository',
    inputs: { 'cache-backends': 'registry' },
    expected: {
      problems: [
        'cache-backends: registry needs a repository to write to: give cache-image, such as ghcr.io/owner/app, or a tag in tags'
      ]
    }
  },
  {
    description: 'registry not asked for: its repository is not looked for',
    inputs: { ...tag, 'cache-backends': 'local' },
    service: true,
    expected: { backends: ['local'], repository: '', serviceMissing: false }
  }
]

test.each(cases)('$description', ({ inputs, service = false, expected }) => {
  const plan = planBackends(inputsWith(inputs), service)
  expect(plan).toMatchObject(expected)
  expect(plan.reason).not.toBe('')
})

test('repositories of images by the names that BuildKit has for them', () => {
  const names = ['localhost:5000/acme/app:1', 'localhost:5000/acme/app:2', 'docker.io/acme/app', 'ghcr.io/Not A Name']
  expect([...repositoriesOf(names)]).toEqual(['localhost:5000/acme/app', 'docker.io/acme/app'])
})

test.each([
  { inputs: { tags: 'acme/app:1' }, expected: [] },
  {
    inputs: { tags: 'acme/app:1\nghcr.io/acme/app:1,ghcr.io/acme/app:2', push: 'true' },
    expected: ['docker.io/acme/app', 'ghcr.io/acme/app']
  },
  { inputs: { tags: 'acme/app', outputs: 'type=docker' }, expected: [] },
  { inputs: { outputs: 'type=image,"name=ghcr.io/a/b,ghcr.io/c/d:1",push=true' }, expected: ['ghcr.io/a/b', 'ghcr.io/c/d'] }
])('repositories that $inputs pushes to', ({ inputs, expected }) => {
  expect([...pushedRepositories(inputsWith(inputs))]).toEqual(expected)
})
