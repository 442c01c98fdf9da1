import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { ExecOptions } from '../../src/host'
import { newExec } from '../../src/io/exec'
import { newStopwatch } from '../../src/io/stopwatch'

const stopwatch = newStopwatch(() => performance.now())
const exec = newExec({ ...process.env, OF_JOB: 'job' }, stopwatch)
const node = (source: string, options?: ExecOptions) => exec.start(process.execPath, ['-e', source], options)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exec-'))
})
afterAll(() => rm(folder, { recursive: true }))

const codes: readonly { description: string; source: string; exitCode: number; stdout?: string; stderr?: string }[] = [
  { description: 'success', source: 'console.log("out")', exitCode: 0, stdout: 'out\n' },
  { description: 'success although it wrote to stderr', source: 'console.error("bad")', exitCode: 0, stderr: 'bad\n' },
  { description: 'signed URLs', source: 'console.error("https://a/b?sig=S: EOF")', exitCode: 0, stderr: 'https://a/b?… EOF\n' },
  { description: 'failure without a word', source: 'process.exit(7)', exitCode: 7 },
  { description: 'killed', source: 'process.kill(process.pid, "SIGKILL")', exitCode: 137 },
  { description: 'terminated', source: 'process.kill(process.pid, "SIGTERM")', exitCode: 143 },
  { description: 'interrupted', source: 'process.kill(process.pid, "SIGINT")', exitCode: 130 },
  { description: 'the environment of the job', source: 'console.log(process.env.OF_JOB)', exitCode: 0, stdout: 'job\n' },
  {
    description: 'nothing on stdin',
    source: 'process.stdin.on("data",()=>{}).on("end",()=>console.log("end"))',
    exitCode: 0,
    stdout: 'end\n'
  }
]

test.each(codes)('$description', async ({ source, exitCode, stdout = '', stderr = '' }) => {
  await expect(node(source).result).resolves.toEqual({ exitCode, stdout, stderr, timedOut: false })
})

test('no shell: arguments are what they are', async () => {
  const odd = ['a b', '$HOME', '`id`', '"', "'", '', '*', '; echo x', 'ü\n']
  const { stdout } = await exec.start(process.execPath, [
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    '--',
    ...odd
  ]).result
  expect(JSON.parse(stdout)).toEqual(odd)
})

test('variables of the call go before those of the job', async () => {
  const { stdout } = await node('console.log(process.env.OF_JOB, process.env.MORE)', { env: { OF_JOB: 'call', MORE: '1' } })
    .result
  expect(stdout).toBe('call 1\n')
})

const lines: readonly { description: string; source: string; expected: readonly string[] }[] = [
  { description: 'whole lines', source: 'process.stderr.write("one\\ntwo\\n")', expected: ['one', 'two'] },
  { description: 'the last without its end', source: 'process.stderr.write("one\\ntwo")', expected: ['one', 'two'] },
  { description: 'empty ones', source: 'process.stderr.write("\\n\\na\\n")', expected: ['', '', 'a'] },
  { description: 'ends of another system', source: 'process.stderr.write("one\\r\\ntwo\\r\\n")', expected: ['one', 'two'] },
  { description: 'none', source: '', expected: [] },
  {
    description: 'characters and lines cut anywhere',
    source: `const fs = require('fs'); const bytes = Buffer.from('ä🐳\\nzweite é\\n')
      for (const byte of bytes) { fs.writeSync(2, Buffer.from([byte])); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3) }`,
    expected: ['ä🐳', 'zweite é']
  },
  { description: 'a long one', source: 'process.stderr.write("x".repeat(3e6)+"\\nend\\n")', expected: ['x'.repeat(3e6), 'end'] }
]

test.each(lines)('lines of stderr: $description', async ({ source, expected }) => {
  const got: string[] = []
  await node(source, { onStderrLine: line => got.push(line) }).result
  expect(got).toEqual(expected)
})

test('of stderr the last 64 Ki characters are kept', async () => {
  const { stderr } = await node('for (let i = 0; i < 40000; i++) console.error("line " + i)').result
  expect(stderr).toHaveLength(64 * 1024)
  expect(stderr).toMatch(/line 39998\nline 39999\n$/)
})

test('stdout goes to whoever asks, and is not kept then', async () => {
  let got = ''
  const { stdout } = await node('process.stdout.write("ä".repeat(100000))', { onStdout: text => (got += text) }).result
  expect([stdout, got]).toEqual(['', 'ä'.repeat(100000)])
})

const unstartable: readonly { description: string; program: string; argv: readonly string[]; says: RegExp }[] = [
  {
    description: 'a program that is not there',
    program: 'no-such-program',
    argv: [],
    says: /^no-such-program cannot be started: .*ENOENT/
  },
  {
    description: 'a file that is no program',
    program: '/etc/passwd',
    argv: [],
    says: /^\/etc\/passwd cannot be started: .*EACCES/
  },
  { description: 'too long an argument', program: process.execPath, argv: ['x'.repeat(4e6)], says: /cannot be started: .*E2BIG/ },
  {
    description: 'an argument with a zero byte',
    program: process.execPath,
    argv: ['a\0b'],
    says: /cannot be started: .*null bytes/
  }
]

test.each(unstartable)('rejects: $description', async ({ program, argv, says }) => {
  const started = exec.start(program, argv)
  // Signals nobody; node by itself would signal the group of this process.
  started.signal('SIGINT')
  started.signal('SIGKILL')
  await expect(started.result).rejects.toThrow(says)
})

test('a signal reaches the program, which ends as it likes', async () => {
  const started = node('process.on("SIGINT", () => process.exit(5)); console.error("up"); setTimeout(() => {}, 60000)', {
    onStderrLine: () => started.signal('SIGINT')
  })
  await expect(started.result).resolves.toMatchObject({ exitCode: 5, timedOut: false })
  // It has ended: there is nobody to tell.
  started.signal('SIGINT')
  started.signal('SIGKILL')
})

test('a program ended before its plugin did: the time limit ends that, too', async () => {
  const { exitCode, timedOut } = await node(
    `require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' }).unref()`,
    { timeoutSeconds: 2 }
  ).result
  expect({ exitCode, timedOut }).toEqual({ exitCode: 0, timedOut: true })
})

const stuck: readonly { description: string; source: string }[] = [
  {
    description: 'a program that hears no signal',
    source: 'for (const s of ["SIGINT","SIGTERM"]) process.on(s, () => {}); setTimeout(() => {}, 60000)'
  },
  {
    description: 'a plugin of it that holds its output',
    source: `require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' })
      setTimeout(() => {}, 60000)`
  },
  {
    description: 'one that left its group and holds its output',
    source: `const child = require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { stdio: 'inherit', detached: true })
      child.unref(); setTimeout(() => {}, 60000)`
  }
]

test.each(stuck)('a time limit ends $description', async ({ source }) => {
  const started = performance.now()
  const { exitCode, timedOut, stderr } = await node(`console.error("begun"); ${source}`, { timeoutSeconds: 2 }).result
  expect({ exitCode, timedOut, stderr }).toEqual({ exitCode: 137, timedOut: true, stderr: 'begun\n' })
  expect(performance.now() - started).toBeLessThan(15_000)
})

test('nothing of a program that took too long lives on', async () => {
  const file = join(folder, 'pid')
  await node(
    `const { pid } = require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' })
     require('fs').writeFileSync(${JSON.stringify(file)}, String(pid)); setTimeout(() => {}, 60000)`,
    { timeoutSeconds: 2 }
  ).result
  const pid = Number(await readFile(file, 'utf8'))
  // Killed, if not yet reaped by whoever inherited it.
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone')
  expect(state).toMatch(/^gone$|\) [ZX] /)
})

test('waiting for programs is counted as waiting', async () => {
  const before = stopwatch.waited()
  await node('setTimeout(() => {}, 200)').result
  expect(stopwatch.waited() - before).toBeGreaterThanOrEqual(200)
})

test('signals of the runner: every one is told, and the process lives on', async () => {
  await build({
    stdin: {
      contents: `import { newExec } from './src/io/exec'
        const heard = []
        newExec({}, { waiting: promise => promise }).onSignal(name => {
          heard.push(name)
          console.log(name)
          if (heard.length === 3) process.exit(0)
        })
        setTimeout(() => {}, 60000)
        console.log('up')`,
      resolveDir: resolve('.')
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'signals.mjs'),
    logLevel: 'silent'
  })
  await writeFile(join(folder, 'package.json'), '{}')
  const child = spawn(process.execPath, [join(folder, 'signals.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const send = ['SIGINT', 'SIGTERM', 'SIGINT'] as const
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const next = send[said.trim().split('\n').length - 1]
    if (next) child.kill(next)
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said).toBe('up\nSIGINT\nSIGTERM\nSIGINT\n')
})
