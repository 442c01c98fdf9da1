import { newEarlyRecords } from '../../src/run/early-records'

test('one save at a time, each of all there is by then', async () => {
  const saves: string[] = []
  const ends: (() => void)[] = []
  const early = newEarlyRecords<string>(items => {
    saves.push(items.join(''))
    return new Promise(resolve => ends.push(resolve))
  })
  for (const item of 'abc') early.add(item)
  expect(saves).toEqual(['a'])
  ends[0]?.()
  await new Promise(setImmediate)
  expect(saves).toEqual(['a', 'abc'])
  const settled = early.settle()
  ends[1]?.()
  await settled
  early.add('d')
  expect(saves).toEqual(['a', 'abc', 'abcd'])
})

test('what cannot be saved is no trouble yet', async () => {
  const early = newEarlyRecords<string>(() => Promise.reject(new Error('down')))
  early.add('a')
  await expect(early.settle()).resolves.toBeUndefined()
})
