import { soakKills } from '../../soak/kills.mjs'

it.each([
  { backend: 'registry', seed: 201, kills: 2 },
  { backend: 'local', seed: 203, kills: 2 }
] as const)(
  'jobs killed outright, $backend: every ref imports alone, and nothing that was saved runs again',
  async ({ backend, seed, kills }) => {
    const result = await soakKills({ backend, seed, kills, killsOfGraph: 2 })
    expect(result).toMatchObject({ kills, faults: [] })
  },
  300_000
)
