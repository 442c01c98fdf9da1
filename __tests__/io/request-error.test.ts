import { explained, limited } from '../../src/io/request-error'

test.each([
  ['a signed URL loses its signature', new Error('GET http://a/b?sig=SECRET failed'), 'GET http://a/b?… failed'],
  [
    'of several addresses the first is told',
    new AggregateError([new Error('connect ECONNREFUSED ::1:80'), new Error('connect ECONNREFUSED 127.0.0.1:80')]),
    'connect ECONNREFUSED ::1:80'
  ],
  ['what has no message', Object.assign(new Error(), { code: 'ECONNRESET' }), 'ECONNRESET']
])('%s', async (_, error, expected) => {
  await expect(explained(Promise.reject(error), 5)).rejects.toMatchObject({ message: expected })
})

test('a time that is over', async () => {
  const asked = explained(Promise.reject(new DOMException('', 'TimeoutError')), 2.04)
  await expect(asked).rejects.toMatchObject({ name: 'NoAnswer', message: 'no answer within 2 s' })
})

test('a limit may be any part of a second', async () => {
  // As a number of milliseconds it is no whole one.
  const seconds = 520.16
  await expect(limited(seconds, () => Promise.resolve('done'))).resolves.toBe('done')
})

test('work that does not heed its signal is given up all the same', async () => {
  await expect(limited(0.05, () => new Promise(() => undefined))).rejects.toThrow('no answer within')
})
