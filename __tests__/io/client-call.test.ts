import { within } from '../../src/io/client-call'
import { debug, info, warning } from '../../src/io/client-log'
import { newPatience } from '../../src/io/patience'
import { newStopwatch } from '../../src/io/stopwatch'

const stopwatch = newStopwatch(() => performance.now())
const hangs = () => new Promise<never>(() => {})

test('what a client complained of is in the error of its own call alone', async () => {
  const call = (trouble: string) =>
    within(0.02, stopwatch, async () => {
      await Promise.resolve()
      warning(trouble)
      return hangs()
    })
  const said = await Promise.allSettled([call('one'), call('other')])
  expect(said.map(result => (result as PromiseRejectedResult).reason.message)).toEqual([
    'not done within 0.02 s: one',
    'not done within 0.02 s: other'
  ])
})

test.each<[string, (message: string) => void, number]>([
  ['Cache hit for restore-key: record#1', info, 15],
  ['Attempting to upload cache located at: /tmp/cache.tzst', debug, 15],
  ['Resolved Keys:', debug, 3]
])('the time that is left for the next call after one that hung behind “%s”', async (message, say, left) => {
  let now = 0
  const patience = newPatience(() => now)
  const asked = patience.ask(12, (_, answered) =>
    within(0.02, stopwatch, call => {
      call.answered = answered
      say(message)
      now = 12_000
      return hangs()
    })
  )
  await expect(asked).rejects.toThrow('not done within 0.02 s')
  await expect(patience.ask(15, seconds => Promise.resolve(seconds))).resolves.toBe(left)
})
