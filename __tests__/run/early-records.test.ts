import { newEarlyRecords } from '../../src/run/early-records'

const turn = () => new Promise(setImmediate)

test('one save at a time, each of all there is by then, and each note waits for the one that has it', async () => {
  const items: string[] = []
  const saves: string[] = []
  const ends: (() => void)[] = []
  const done: string[] = []
  const early = newEarlyRecords(() => {
    saves.push(items.join(''))
    return new Promise(resolve => ends.push(resolve))
  })
  const note = (item: string) => {
    items.push(item)
    void early.note().then(() => done.push(item))
  }
  for (const item of 'abc') note(item)
  expect(saves).toEqual(['a'])
  ends[0]?.()
  await turn()
  expect([saves, done]).toEqual([['a', 'abc'], ['a']])
  const settled = early.settle()
  ends[1]?.()
  await settled
  await turn()
  expect(done).toEqual(['a', 'b', 'c'])
  note('d')
  expect(saves).toEqual(['a', 'abc', 'abcd'])
})

test('what cannot be saved is no trouble yet', async () => {
  const early = newEarlyRecords(() => Promise.reject(new Error('down')))
  await expect(early.note()).resolves.toBeUndefined()
  await expect(early.settle()).resolves.toBeUndefined()
})
