import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { handoverState, renderHandover, underWayState } from '../../src/handover'
import type { Handover } from '../../src/handover'
import { runPost } from '../../src/run/post'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'

let host: TestHost
afterEach(() => host.remove())

async function post(
  handover: Omit<Handover, 'version'>,
  { env = {}, flags = '', underWay = '' } = {}
): Promise<readonly string[]> {
  host = await newTestHost({
    env: { RUNNER_DEBUG: '', ...env },
    docker: `const argv = process.argv.slice(2)
      require('fs').appendFileSync(process.env.HOME + '/calls', argv.join(' ') + '\\n')
      if (argv[1] === 'inspect') console.log('Name: b\\nDriver: docker-container')
      if (argv[0] === 'logs') console.error('msg="running server" git=https://u:pw@h.test/r blob=https://s.test/b?sig=SECRET')
      if (argv[0] === 'context') { console.error('in use'); process.exit(1) }`
  })
  host.workflow.saveState(handoverState, renderHandover({ version: 1, ...handover }))
  host.workflow.saveState(underWayState, underWay)
  const workflow = { ...host.workflow, input: (name: string) => (name === 'buildkitd-flags' ? flags : '') }
  await runPost({ ...host, workflow }, () => Promise.resolve({}))
  return (await readFile(join(host.folder, 'calls'), 'utf8')).trim().split('\n')
}

test('what was made for the job is undone in order, and what cannot be is a warning', async () => {
  const calls = await post({ builder: 'b', current: { name: 'b', former: 'default' }, context: 'c' })
  expect(calls).toEqual(['buildx inspect', 'buildx use default', 'buildx rm --force b', 'context rm --force c'])
  expect(host.said).toEqual(['info: Builder b removed', 'warning: Docker context c could not be removed: in use'])
})

test.each([
  { description: 'with debug logging', env: { RUNNER_DEBUG: '1' } },
  { description: 'where its flags ask for it', flags: '--debug --oci-worker-gc=false' }
])('the log of BuildKit is printed $description', async given => {
  expect(await post({ builder: 'b' }, given)).toEqual(['logs buildx_buildkit_b0', 'buildx rm --force b'])
  expect(host.said.slice(0, 2)).toEqual([
    'group: Log of BuildKit',
    'info: msg="running server" git=https://***@h.test/r blob=https://s.test/b?…'
  ])
})

test('a main step that was killed is told of, one that came to its end is not', async () => {
  await post({ builder: 'b' }, { underWay: 'true' })
  expect(host.said[0]).toMatch(/^warning: The main step was killed/)
  await host.remove()
  await post({ builder: 'b' })
  expect(host.said).toEqual(['info: Builder b removed'])
})

test('and not else', async () => {
  expect(await post({ builder: 'b' })).toEqual(['buildx rm --force b'])
})
