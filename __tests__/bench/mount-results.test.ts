// What the benchmark of cache mounts makes of what it measured.
import { byHand, ours, without } from '../../bench/mount-competitors.mjs'
import { renderMountResults, renderMountText } from '../../bench/mount-results.mjs'

const bytes = (up: number, down: number) => ({ up: up * 1e6, down: down * 1e6 })
const measurement = (competitor: string, seconds: number, more: object = {}) => ({
  job: 'one package changed',
  wanted: 1,
  competitor,
  round: 1,
  load: 1,
  seconds,
  phases: { before: 1, steps: 2, after: seconds - 3 },
  steps: 2,
  builds: [],
  packages: 50,
  amounts: { packages: bytes(0, 100), registry: bytes(5, 6), cache: bytes(0, 0) },
  ...more
})
const measured = [
  measurement(byHand, 40, { packages: 1, amounts: { packages: bytes(0, 2), registry: bytes(5, 6), cache: bytes(300, 301) } }),
  measurement(ours, 10, { packages: 1 }),
  measurement(without, 20)
]

const rows = (text: string) => text.split('\n').map(line => line.split(/  +/))

it('compares this action with the others, whoever came first', () => {
  const [title, , first, second, third] = rows(renderMountText(measured))
  expect(title).toEqual(['one package changed: 1 package is new'])
  expect(first?.slice(0, 2)).toEqual([without, '20.0'])
  expect(second?.slice(0, 4)).toEqual([ours, '10.0', '0.50', '0.25'])
  expect(third?.slice(0, 2)).toEqual([byHand, '40.0'])
  expect(third?.slice(-4)).toEqual(['1', '2.0', '5.0 + 300.0', '6.0 + 301.0'])
})

it('takes the median of rounds, and says how many there were', () => {
  const more = [measurement(ours, 16, { round: 2 }), measurement(ours, 12, { round: 3 })]
  const text = renderMountResults([...measured, ...more], { mb: 300 })
  expect(text).toContain('median of 3 rounds')
  expect(text).toContain(`| ${ours} | 12.0 | 0.60 | 0.30 |`)
})

it('does without those who did not take part', () => {
  const text = renderMountResults([measurement(ours, 10)], {})
  expect(text).toContain('one measurement each')
  expect(text).not.toContain(byHand)
})
