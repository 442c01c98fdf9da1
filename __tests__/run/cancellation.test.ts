import { EventEmitter, once } from 'node:events'
import { newStopwatch } from '../../src/io/stopwatch'
import { newExec } from '../../src/io/exec'
import type { Host } from '../../src/host'
import { watchCancellation } from '../../src/run/cancellation'

type Name = 'SIGINT' | 'SIGTERM'

/** Real programs; the runner's signals come when the test says so. */
function world() {
  const exec = newExec(
    process.env,
    newStopwatch(() => performance.now())
  )
  const callbacks: ((name: Name) => void)[] = []
  const warnings: string[] = []
  const host = {
    exec: { ...exec, onSignal: (callback: (name: Name) => void) => void callbacks.push(callback) },
    log: { warning: (text: string) => void warnings.push(text) }
  } as unknown as Host
  const start = (source: string) => {
    const said = new EventEmitter()
    const lines: string[] = []
    const running = exec.start(process.execPath, ['-e', `${source}; console.error('up')`], {
      onStderrLine(line) {
        lines.push(line)
        said.emit('line')
      }
    })
    const says = async (wanted: string) => {
      while (!lines.includes(wanted)) await once(said, 'line')
    }
    return { running, says, ready: says('up') }
  }
  return { host, warnings, start, signal: (name: Name) => callbacks.forEach(callback => callback(name)) }
}

const waits = 'setTimeout(() => {}, 60000)'
const tidy = `process.on('SIGINT', () => process.exit(9)); ${waits}`

test('nothing happens by itself', async () => {
  const { host, warnings, start } = world()
  const cancellation = watchCancellation(host)
  const { running } = start('')
  expect(await cancellation.watch(running).result).toMatchObject({ exitCode: 0 })
  expect([cancellation.requested(), warnings]).toEqual([false, []])
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops all programs under way by SIGINT', async name => {
  const { host, warnings, start, signal } = world()
  const cancellation = watchCancellation(host)
  const [one, other] = [start(waits), start(tidy)]
  const results = [cancellation.watch(one.running).result, cancellation.watch(other.running).result]
  await Promise.all([one.ready, other.ready])
  signal(name)
  expect((await Promise.all(results)).map(({ exitCode }) => exitCode)).toEqual([130, 9])
  expect(cancellation.requested()).toBe(true)
  expect(warnings).toEqual([`The job was cancelled (${name}): what is under way is stopped, what was achieved is reported.`])
})

test('every later signal is passed on, and said once', async () => {
  const { host, warnings, start, signal } = world()
  const cancellation = watchCancellation(host)
  const { running, ready, says } = start(
    `let n = 0; process.on('SIGINT', () => { console.error(++n); if (n === 2) process.exit(n) }); ${waits}`
  )
  const { result } = cancellation.watch(running)
  await ready
  signal('SIGINT')
  // Two signals of one kind that come together are one.
  await says('1')
  signal('SIGTERM')
  expect(await result).toMatchObject({ exitCode: 2 })
  expect(warnings).toHaveLength(1)
})

test('what starts after the signal is stopped too', async () => {
  const { host, start, signal } = world()
  const cancellation = watchCancellation(host)
  signal('SIGTERM')
  const { exitCode } = await cancellation.watch(start(waits).running).result
  expect(exitCode).toBe(130)
})

test('what has ended, or never started, is told nothing', async () => {
  const { host, start, signal } = world()
  const cancellation = watchCancellation(host)
  const told: string[] = []
  const spied = (running: ReturnType<typeof start>['running']) => ({ ...running, signal: (name: string) => void told.push(name) })
  await cancellation.watch(spied(start('').running)).result
  await expect(cancellation.watch(spied(host.exec.start('no-such-program', []))).result).rejects.toThrow(/ENOENT/)
  signal('SIGINT')
  expect(told).toEqual([])
})

test('later: what may go on is stopped after so long', async () => {
  const { host, start, signal } = world()
  const cancellation = watchCancellation(host)
  const later = cancellation.later(0.3)
  const { running, ready } = start(waits)
  const { result } = later.watch(running)
  await ready
  const began = performance.now()
  signal('SIGINT')
  expect([cancellation.requested(), later.requested()]).toEqual([true, false])
  expect((await result).exitCode).toBe(130)
  expect(performance.now() - began).toBeGreaterThan(290)
  expect(later.requested()).toBe(true)
})

test('also: one comes by itself, the other stays', async () => {
  const { host, start, signal } = world()
  const cancellation = watchCancellation(host)
  let stop = () => {}
  const ending = cancellation.also(new Promise<void>(resolve => (stop = resolve)))
  const [one, other] = [start(waits), start(waits)]
  const results = [ending.watch(one.running).result, cancellation.watch(other.running).result]
  await Promise.all([one.ready, other.ready])
  stop()
  expect((await results[0])?.exitCode).toBe(130)
  expect([ending.requested(), cancellation.requested()]).toEqual([true, false])
  signal('SIGINT')
  expect((await results[1])?.exitCode).toBe(130)
})

test('made after the signal: both know of it', async () => {
  const { host, signal } = world()
  const cancellation = watchCancellation(host)
  signal('SIGINT')
  const later = cancellation.later(0.1)
  const ending = cancellation.also(new Promise<void>(() => {}))
  expect([later.requested(), ending.requested()]).toEqual([false, true])
  expect(await later.orElse(new Promise<string>(() => {}), 'over')).toBe('over')
  expect(later.requested()).toBe(true)
})
