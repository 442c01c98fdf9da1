import { BuildFailed, InputError } from '../../src/errors'
import { withSummary } from '../../src/run/refusal'
import { newTestHost } from '../helpers/host'

async function summaryOf(error: Error, input = 'true') {
  const host = await newTestHost()
  const written: string[] = []
  const workflow = {
    ...host.workflow,
    input: () => input,
    appendSummary: (text: string) => Promise.resolve(void written.push(text))
  }
  await expect(withSummary({ ...host, workflow }, Promise.reject(error))).rejects.toBe(error)
  await host.remove()
  return written
}

test('every problem of the inputs', async () => {
  expect(await summaryOf(new InputError(['push: "x" is not a boolean', 'tags: "A" has capitals']))).toEqual([
    expect.stringMatching(/^❌ \*\*Nothing was built: 2 problems\*\*\n\n- `push`: .*\n- `tags`: .*\n$/u)
  ])
})

test('docker that cannot be started', async () => {
  expect(await summaryOf(new BuildFailed('spawn docker ENOENT', 127))).toEqual([
    '❌ **Nothing was built**\n\n- spawn docker ENOENT\n'
  ])
})

test('none where none is wanted', async () => expect(await summaryOf(new Error('x'), ' False')).toEqual([]))

test('a summary that cannot be written does not hide the error', async () => {
  const host = await newTestHost()
  const workflow = { ...host.workflow, appendSummary: () => Promise.reject(new Error('disk')) }
  await expect(withSummary({ ...host, workflow }, Promise.reject(new Error('first')))).rejects.toThrow('first')
  await host.remove()
})

test('what goes well is passed on', async () => {
  const host = await newTestHost()
  expect(await withSummary(host, Promise.resolve(7))).toBe(7)
  await host.remove()
})
