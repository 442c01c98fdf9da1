import { makeCertificates } from '../../testbed/certificates.mjs'
import { startRelay } from '../../testbed/relay.mjs'
import { builds } from './docker-calls'
import { newProject } from './project'
import type { Project } from './project'
import { stagesRun } from './steps'

let project: Project
beforeEach(async () => {
  project = await newProject()
})
afterEach(() => project.remove())

it('the builder has all nodes, and its stages are cached', async () => {
  const [one, two] = [await startRelay(), await startRelay()]
  try {
    const append = `- endpoint: ${two.endpoint}\n  name: second\n  platforms: linux/arm64\n`
    const inputs = { 'cache-backends': 'registry', driver: 'remote', endpoint: one.endpoint, append }
    const prepared = await project.prepare(inputs)
    await prepared.startMain().done
    const cold = await prepared.finish()
    expect([cold.main.exitCode, cold.post?.exitCode]).toEqual([0, 0])
    const created = cold.calls.filter(([, command]) => command === 'create')
    expect(created.map(call => [call.includes('--append'), call.at(-1)])).toEqual([
      [false, one.endpoint],
      [true, two.endpoint]
    ])
    await project.edit('src/app.js')
    expect(stagesRun(await project.job(inputs))).toEqual(['builder', 'runtime'])
  } finally {
    await Promise.all([one.stop(), two.stop()])
  }
})

describe('over TLS', () => {
  /** Two nodes that trust nobody but the holder of their own client's certificate, and what a job needs for each. */
  async function twoNodes() {
    const certificates = [await makeCertificates(), await makeCertificates()] as const
    const nodes = [await startRelay({ tls: certificates[0] }), await startRelay({ tls: certificates[1] })] as const
    const append = `- endpoint: ${nodes[1].endpoint}\n  platforms: linux/arm64\n`
    const variables = (order: readonly number[]) =>
      Object.fromEntries(
        order.flatMap((from, place) => {
          const { ca, client } = certificates[from] ?? certificates[0]
          const variable = (name: string) => `BUILDER_NODE_${place}_AUTH_TLS_${name}`
          return [
            [variable('CACERT'), ca],
            [variable('CERT'), client.cert],
            [variable('KEY'), client.key]
          ]
        })
      ) as Record<string, string>
    return {
      nodes,
      variables,
      inputs: { 'cache-backends': 'registry', driver: 'remote', endpoint: nodes[0].endpoint, append },
      stop: () => Promise.all(nodes.map(node => node.stop()))
    }
  }

  it('each node is spoken to with its own certificates', async () => {
    const { nodes, variables, inputs, stop } = await twoNodes()
    try {
      const env = variables([0, 1])
      const cold = await project.job(inputs, { env })
      expect([cold.main.exitCode, cold.post?.exitCode, cold.outputs['exported-stages']]).toEqual([
        0,
        0,
        'base,python-deps,node-deps,builder,runtime'
      ])
      expect(nodes.map(node => node.connections() > 0)).toEqual([true, true])
      expect(cold.main.log + JSON.stringify(cold.calls)).not.toContain('PRIVATE KEY')
      await project.edit('src/app.js')
      expect(stagesRun(await project.job(inputs, { env }))).toEqual(['builder', 'runtime'])
    } finally {
      await stop()
    }
  })

  it("with the other node's certificates nothing is built", async () => {
    const { nodes, variables, inputs, stop } = await twoNodes()
    try {
      const job = await project.job(inputs, { env: variables([1, 0]) })
      expect([job.main.exitCode, builds(job.calls), nodes.map(node => node.connections())]).toEqual([1, [], [0, 0]])
      expect(job.main.annotations.map(({ message }) => message)).toEqual([
        expect.stringMatching(/docker buildx inspect --bootstrap failed.*waiting for connection/s)
      ])
    } finally {
      await stop()
    }
  })
})

it('what is no list of nodes is refused', async () => {
  const job = await project.job({ driver: 'remote', endpoint: 'tcp://a:1', append: 'endpoint: tcp://b:1' })
  expect([job.main.exitCode, job.calls]).toEqual([1, []])
  expect(job.main.annotations.map(({ message }) => message)).toEqual([expect.stringMatching(/^append: is no list of nodes/)])
})
