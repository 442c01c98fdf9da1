import { newPatience } from '../../src/io/patience'

let now: number
let patience: ReturnType<typeof newPatience>
beforeEach(() => {
  now = 0
  patience = newPatience(() => now)
})

/** A question whose answer comes after so many seconds; gives the seconds it was given, and fails beyond them. */
const ask = (seconds: number, takes: number) =>
  patience.ask(seconds, left => {
    now += Math.min(left, takes) * 1000
    return takes > left ? Promise.reject(new Error(`not done within ${left} s`)) : Promise.resolve(left)
  })
const said = (answer: Promise<number>) => answer.catch((error: unknown) => (error as Error).message)

test('a service that hangs has 15 seconds for all questions, and is asked again after a minute', async () => {
  expect(await said(ask(5, Infinity))).toBe('not done within 5 s')
  expect(await said(ask(15, Infinity))).toBe('not done within 10 s')
  expect(await said(ask(15, 0))).toBe('not asked: it gave no answer within 15 s before')
  now += 59_000
  expect(await said(ask(15, 0))).toMatch(/^not asked/)
  now += 1_000
  expect(await said(ask(15, 0))).toBe(15)
})

test('one that is slow and answers has them for each', async () => {
  for (let times = 0; times < 4; times++) expect(await said(ask(15, 9))).toBe(15)
})

test('one answer is enough, and may come late', async () => {
  let late = () => {}
  const unanswered = patience.ask(5, (_, answered) => {
    late = answered
    now += 5_000
    return Promise.reject(new Error('not done within 5 s'))
  })
  await said(unanswered as Promise<number>)
  late()
  now += 20_000
  expect(await said(ask(15, 1))).toBe(15)
})

test('a timer that is early is no answer', async () => {
  const early = patience.ask(15, () => {
    now += 14_999
    return Promise.reject(new Error('not done within 15 s'))
  })
  await expect(early).rejects.toThrow('not done')
  now += 1
  expect(await said(ask(15, 1))).toMatch(/^not asked/)
})

test('a refusal is an answer', async () => {
  await said(patience.ask(15, () => Promise.reject(new Error('denied'))))
  now += 20_000
  expect(await said(ask(15, 1))).toBe(15)
})
