import { BuildFailed, BuildxMissing, InputError } from '../../src/errors'
import { withSummary } from '../../src/run/refusal'
import { newTestHost } from '../helpers/host'

const goesOn = { requested: () => false }

async function summaryOf(error: Error, { input = 'true', requested = false, becomes = error } = {}) {
  const host = await newTestHost()
  const written: string[] = []
  const workflow = {
    ...host.workflow,
    input: () => input,
    appendSummary: (text: string) => Promise.resolve(void written.push(text))
  }
  const work = withSummary({ ...host, workflow }, { requested: () => requested }, Promise.reject(error))
  await expect(work).rejects.toEqual(becomes)
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

test('docker that the cancelled job interrupted', async () => {
  const becomes = new BuildFailed('The job was cancelled. Nothing was built.', 130)
  const cancelled = { requested: true, becomes }
  const summary = ['🚫 **Build cancelled before it began**\n']
  expect(await summaryOf(new BuildFailed('docker buildx create failed: ', 130), cancelled)).toEqual(summary)
  expect(await summaryOf(new BuildxMissing('interrupted'), cancelled)).toEqual(summary)
})

test('problems of the inputs are told of a cancelled job too', async () => {
  expect(await summaryOf(new InputError(['push: "x" is not a boolean']), { requested: true })).toEqual([
    expect.stringMatching(/^❌ \*\*Nothing was built\*\*/u)
  ])
})

test('none where none is wanted', async () => expect(await summaryOf(new Error('x'), { input: ' False' })).toEqual([]))

test('a summary that cannot be written does not hide the error', async () => {
  const host = await newTestHost()
  const workflow = { ...host.workflow, appendSummary: () => Promise.reject(new Error('disk')) }
  await expect(withSummary({ ...host, workflow }, goesOn, Promise.reject(new Error('first')))).rejects.toThrow('first')
  await host.remove()
})

test('what goes well is passed on', async () => {
  const host = await newTestHost()
  expect(await withSummary(host, goesOn, Promise.resolve(7))).toBe(7)
  await host.remove()
})
