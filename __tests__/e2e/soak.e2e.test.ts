import { soak } from '../../soak/soak.mjs'

it.each([
  { backend: 'registry', seed: 1, edits: 12 },
  { backend: 'gha', seed: 4, edits: 8 },
  { backend: 'local', seed: 5, edits: 8 }
] as const)(
  'random edits of random graphs, $backend: exactly the steps run that had to',
  async ({ backend, seed, edits }) => {
    const { jobs, faults } = await soak({ backend, seed, edits, editsOfGraph: 4 })
    expect(faults).toEqual([])
    expect(jobs).toBeGreaterThan(edits)
  },
  600_000
)
