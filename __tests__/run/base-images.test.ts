import { baseImages } from '../../src/run/base-images'
import { planOf } from '../helpers/plans'
import { registryWith, sha256, started } from '../helpers/registry-client'
import { send } from '../helpers/registry-server'

it('asks for the digests of base images by their names, and goes on without those that nobody tells', async () => {
  const said: string[] = []
  const server = await started(({ url }, response) => {
    if (url.includes('/hangs/')) return
    send(response, url.includes('/refuses/') ? 403 : 200, '', { 'docker-content-digest': sha256(url) })
  })
  const { host } = server
  const plan = planOf(`FROM ${host}/base AS one
FROM ${host}/base:1.2 AS two
FROM ${host}/pinned:1@${sha256('old')} AS three
FROM ${host}/pinned:1 AS four
FROM ${host}/refuses/base AS five
FROM ${host}/hangs/base AS six
FROM one AS seven
FROM scratch
${['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map(name => `COPY --from=${name} / /${name}`).join('\n')}
`)
  const begun = performance.now()
  const log = { debug: (text: string) => void said.push(text) } as Parameters<typeof baseImages>[0]['log']
  const digests = await baseImages({ registry: registryWith(), log }, plan)
  expect(performance.now() - begun).toBeLessThan(6000)
  expect([...digests]).toEqual([
    [`${host}/base`, sha256('/v2/base/manifests/latest')],
    [`${host}/base:1.2`, sha256('/v2/base/manifests/1.2')]
  ])
  // Names may have values of build arguments in them.
  expect([said.length, said.join().includes(host)]).toEqual([2, false])
})
