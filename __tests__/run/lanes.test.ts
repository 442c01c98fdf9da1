import { newLanes } from '../../src/run/lanes'

/** Work that ends when it is told to, in the order given. */
function track() {
  const started: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  return {
    started,
    work: (name: string) => () => {
      started.push(name)
      return new Promise<string>((resolve, reject) => ends.set(name, error => (error ? reject(error) : resolve(name))))
    },
    async end(name: string, error?: Error) {
      ends.get(name)?.(error)
      await new Promise(setImmediate)
    }
  }
}

test('so many at once, the others in the order they came; lanes do not wait for each other', async () => {
  const { started, work, end } = track()
  const lanes = newLanes({ wide: 2, narrow: 1 })
  const results = [...'abcd'].map(name => lanes.enter('wide', work(name)))
  results.push(lanes.enter('narrow', work('x')), lanes.enter('narrow', work('y')))
  await new Promise(setImmediate)
  expect(started).toEqual(['a', 'b', 'x'])
  await end('b')
  expect(started).toEqual(['a', 'b', 'x', 'c'])
  await end('a')
  await end('x')
  expect(started).toEqual(['a', 'b', 'x', 'c', 'd', 'y'])
  for (const name of ['c', 'd', 'y']) await end(name)
  expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd', 'x', 'y'])
})

test('a failure frees its place, and is passed on', async () => {
  const { started, work, end } = track()
  const lanes = newLanes({ one: 1 })
  const first = lanes.enter('one', work('a'))
  const second = lanes.enter('one', work('b'))
  const failed = expect(first).rejects.toThrow('no')
  await new Promise(setImmediate)
  await end('a', new Error('no'))
  await failed
  expect(started).toEqual(['a', 'b'])
  await end('b')
  await expect(second).resolves.toBe('b')
  await expect(lanes.enter('one', () => Promise.resolve('after'))).resolves.toBe('after')
})

test('who comes when a place is handed on does not slip in', async () => {
  const { started, work, end } = track()
  const lanes = newLanes({ one: 1 })
  const a = lanes.enter('one', work('a'))
  const b = lanes.enter('one', work('b'))
  const late = a.then(() => lanes.enter('one', work('late')))
  await end('a')
  expect(started).toEqual(['a', 'b'])
  await end('b')
  await end('late')
  expect(await Promise.all([a, b, late])).toEqual(['a', 'b', 'late'])
})

test('never more than there are places', async () => {
  const lanes = newLanes({ three: 3 })
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      lanes
        .enter('three', async () => {
          most = Math.max(most, ++inside)
          await new Promise(resolve => setTimeout(resolve, index % 4))
          inside--
          if (index % 7 === 0) throw new Error('now and then')
        })
        .catch(() => undefined)
    )
  )
  expect(most).toBe(3)
})
