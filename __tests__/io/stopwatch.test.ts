import { newStopwatch } from '../../src/io/stopwatch'

/** Waits given as `[start, end]`, settled in the order of time. */
const cases: readonly { description: string; waits: readonly (readonly [number, number])[]; at: number; expected: number }[] = [
  { description: 'no wait', waits: [], at: 100, expected: 0 },
  { description: 'one', waits: [[10, 30]], at: 100, expected: 20 },
  { description: 'one after another', waits: [[10, 30], [50, 60]], at: 100, expected: 30 }, // prettier-ignore
  { description: 'at the same time: counted once', waits: [[10, 30], [20, 50]], at: 100, expected: 40 }, // prettier-ignore
  { description: 'one within another', waits: [[10, 50], [20, 30]], at: 100, expected: 40 }, // prettier-ignore
  { description: 'under way', waits: [[10, 500]], at: 100, expected: 90 },
  { description: 'none yet', waits: [[200, 500]], at: 100, expected: 0 }
]

test.each(cases)('$description', async ({ waits, at, expected }) => {
  let time = 0
  const stopwatch = newStopwatch(() => time)
  const settle = new Map<number, () => void>()
  for (time = 0; time < at; time++) {
    for (const [index, [start, end]] of waits.entries()) {
      if (time === start) void stopwatch.waiting(new Promise<void>(resolve => settle.set(index, resolve)))
      if (time === end) settle.get(index)?.()
    }
    await new Promise(setImmediate)
  }
  expect(stopwatch.waited()).toBe(expected)
})

test('results and errors are passed on, and end the wait', async () => {
  let time = 0
  const stopwatch = newStopwatch(() => time)
  await expect(stopwatch.waiting(Promise.resolve(5))).resolves.toBe(5)
  await expect(stopwatch.waiting(Promise.reject(new Error('no')))).rejects.toThrow('no')
  time = 100
  expect(stopwatch.waited()).toBe(0)
})
