// docker/build-push-action's own cases: where the result goes, what is attested, and caches given by hand.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasImage, platforms, prepareCases } from './build-push-action'

const { project, tag, both, container, succeeds, manifestOf, pushed } = prepareCases()

it('example', async () => {
  const labels = 'org.opencontainers.image.title=app\norg.opencontainers.image.created=2026-11-20T17:00:00.000Z'
  await succeeds({ load: 'true', tags: both(), labels })
  await hasImage(tag())
  await pushed(await succeeds({ push: 'true', tags: both(), labels }))
})

it('docker-driver', async () => {
  await pushed(await succeeds({ push: 'true', tags: tag() }), 'latest')
})

it('export-docker', async () => {
  await succeeds({ load: 'true', tags: 'myimage:latest' })
  await hasImage('myimage:latest')
})

it('attests-compat', async () => {
  await succeeds({ context: './test/go', file: './test/go/Dockerfile', outputs: 'type=cacheonly' })
})

it.each(['mode=max', ''])('provenance: image, %j', async provenance => {
  const outputs = `type=image,name=${tag()},push=true`
  await succeeds({ context: './test/go', file: './test/go/Dockerfile', target: 'image', outputs, provenance })
  const attestations = (await manifestOf())?.manifests.filter(
    ({ platform }: { platform: { os: string } }) => platform.os === 'unknown'
  )
  expect(attestations).toHaveLength(1)
})

it.each(['mode=max', ''])('provenance: binary, %j', async provenance => {
  const out = await mkdtemp(join(tmpdir(), 'buildx-build-'))
  await succeeds({ context: './test/go', file: './test/go/Dockerfile', target: 'binary', outputs: out, provenance })
  expect(await readFile(join(out, 'bin/app'), 'utf8')).toBe('package main\n')
  if (provenance !== '') {
    const said = JSON.parse(await readFile(join(out, 'provenance.json'), 'utf8')) as unknown
    expect(JSON.stringify(said)).toContain('https://github.com/acme/app/actions/runs/1001/attempts/1')
  }
  await rm(out, { recursive: true })
})

it('multi', async () => {
  const job = await succeeds({ file: './test/multi.Dockerfile', platforms, push: 'true', tags: both() })
  await pushed(job)
  const found = (await manifestOf('1.0.0'))?.manifests.map(
    ({ platform }: { platform: { architecture: string } }) => platform.architecture
  )
  expect(found).toEqual(expect.arrayContaining(['amd64', 'arm64']))
})

it.each([
  ['docker', 'true', 'false'],
  ['docker', 'false', 'true'],
  ['docker', 'false', 'false'],
  ['remote', 'true', 'false'],
  ['remote', 'false', 'true'],
  ['remote', 'false', 'false']
])('digest: driver %s, load %s, push %s', async (driver, load, push) => {
  const job = await succeeds({ file: '', load, push, tags: tag(), ...(driver === 'remote' ? container() : { driver }) })
  const { digest = '', imageid = '' } = job.outputs
  // Theirs wants none of a container that neither loads nor pushes; ours is behind docker's engine, which keeps what it builds.
  if (push === 'true') await pushed(job, 'latest')
  if (driver === 'docker' || load === 'true' || push === 'true') expect(imageid).toMatch(/^sha256:/)
  if (load === 'true') await hasImage(imageid)
  if (driver === 'remote' && load === 'false' && push === 'false') expect([digest, imageid]).toEqual(['', ''])
})

it('registry-cache', async () => {
  const inputs = {
    file: './test/multi.Dockerfile',
    platforms,
    push: 'true',
    tags: both(),
    'cache-from': `type=registry,ref=${project().image}`,
    'cache-to': 'type=inline'
  }
  await pushed(await succeeds(inputs))
  expect((await succeeds(inputs)).outputs['cache-hit']).toBe('true')
})

it('github-cache', async () => {
  const cache = { 'cache-from': 'type=gha,scope=ci-', 'cache-to': 'type=gha,scope=ci-' }
  await pushed(await succeeds({ file: './test/multi.Dockerfile', platforms, push: 'true', tags: both(), ...cache }))
})

it('local-cache', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'local-cache-'))
  const cache = { 'cache-from': `type=local,src=${folder}/old`, 'cache-to': `type=local,dest=${folder}/new` }
  await pushed(await succeeds({ file: './test/multi.Dockerfile', platforms, push: 'true', tags: both(), ...cache }))
  expect(await readFile(join(folder, 'new/index.json'), 'utf8')).toContain('digest')
  await rm(folder, { recursive: true })
})

it('annotations', async () => {
  const annotations = 'index:com.example.key=value\nindex:com.example.key2=value2\nmanifest:com.example.key3=value3'
  await succeeds({ push: 'true', tags: tag(), annotations, provenance: 'mode=min' })
  expect((await manifestOf())?.annotations).toEqual({ 'com.example.key': 'value', 'com.example.key2': 'value2' })
})

it('multi-output', async () => {
  const tar = join(project().directory, 'oci.tar')
  await succeeds({
    outputs: `type=image,name=${tag()},push=true\ntype=docker,name=app:local\ntype=oci,dest=${tar}`,
    ...container()
  })
  expect(await manifestOf()).toBeDefined()
  expect((await readFile(tar)).length).toBeGreaterThan(1000)
  await hasImage('app:local')
})

it('load-and-push', async () => {
  await succeeds({ load: 'true', push: 'true', tags: tag(), ...container() })
  expect(await manifestOf()).toBeDefined()
  await hasImage(tag())
})
