import { InputError } from '../../src/errors'
import { parseInputs, problemsOf, reading } from './fixture'

const wrong: { description: string; given: Record<string, string>; problem: string }[] = [
  { description: 'no boolean', given: { push: 'ture' }, problem: 'push: "ture" is not a boolean: write true' },
  {
    description: 'a word for a boolean',
    given: { 'rebuild-cache': 'yes' },
    problem: 'rebuild-cache: "yes" is not a boolean: write true'
  },
  {
    description: 'backend',
    given: { 'cache-backends': 'regstry' },
    problem: 'cache-backends: "regstry" is not known: write auto, registry, gha or local (did you mean "registry"?)'
  },
  {
    description: 'auto and another',
    given: { 'cache-backends': 'auto,gha' },
    problem: 'cache-backends: "auto, gha" has auto beside others'
  },
  {
    description: 'mode',
    given: { 'cache-mode': 'maximum' },
    problem: 'cache-mode: "maximum" is not known: write auto, min or max'
  },
  {
    description: 'scope',
    given: { 'cache-scope': 'Branch' },
    problem: 'cache-scope: "Branch" is not known: write branch or shared (did you mean "branch"?)'
  },
  {
    description: 'export',
    given: { 'cache-export': 'never' },
    problem: 'cache-export: "never" is not known: write eager, after or off'
  },
  { description: 'driver', given: { driver: 'docker-contaner' }, problem: '(did you mean "docker-container"?)' },
  {
    description: 'compression',
    given: { 'cache-compression': 'zst' },
    problem: 'cache-compression: "zst" is not known: write auto, zstd, gzip'
  },
  {
    description: 'compression level',
    given: { 'cache-compression': 'gzip:10' },
    problem: '"gzip:10" has a level out of range: gzip takes 0 to 9'
  },
  {
    description: 'a level of nothing',
    given: { 'cache-compression': 'uncompressed:1' },
    problem: 'has a level: write uncompressed alone'
  },
  { description: 'prefix', given: { 'cache-prefix': 'cache/' }, problem: 'cache-prefix: "cache/" has "/" in it' },
  ...['/proc', '/proc/self/x', '/tmp/../sys//fs'].map(directory => ({
    description: `a directory of the kernel, ${directory}`,
    given: { 'cache-dir': directory },
    problem: `cache-dir: "${directory}" belongs to the kernel`
  })),
  { description: 'a directory beyond ASCII', given: { 'cache-dir': '/tmp/ü' }, problem: '"/tmp/ü" has characters beyond ASCII' },
  { description: 'the whole file system', given: { 'cache-dir': '/tmp/..' }, problem: 'is the whole file system' },
  { description: 'growth', given: { 'max-image-growth': '20%' }, problem: 'max-image-growth: "20%" is not a percentage' },
  {
    description: 'a stage wanted and not',
    given: { 'cache-stages': 'a,!A' },
    problem: 'cache-stages: "a" is asked for and left out'
  },
  { description: 'no stage left out', given: { 'cache-stages': '!' }, problem: 'cache-stages: "!" has no name behind it' },
  {
    description: 'a repository in capitals',
    given: { 'cache-image': 'ghcr.io/Acme/app' },
    problem: 'cache-image: "ghcr.io/Acme/app" has '
  },
  {
    description: 'a repository with a tag',
    given: { 'cache-image': 'ghcr.io/acme/app:cache' },
    problem: 'has a tag: write ghcr.io/acme/app, the action adds'
  },
  {
    description: 'a tag no registry takes',
    given: { tags: 'ok:1,ghcr.io/acme/My App' },
    problem: 'tags: "ghcr.io/acme/My App" has '
  },
  { description: 'a flag for a tag', given: { tags: '--push' }, problem: 'tags: "--push" has ' },
  {
    description: 'platform',
    given: { platforms: 'linux/amd46' },
    problem: 'platforms: "linux/amd46" has an unknown architecture: did you mean linux/amd64?'
  },
  {
    description: 'no context, outside GitHub',
    given: { context: '' },
    problem: 'context: "" means the job\'s repository, which is not known outside GitHub: write a directory'
  },
  {
    description: 'default context, outside GitHub',
    given: { context: '{{defaultContext}}:docker' },
    problem: 'context: "{{defaultContext}}:docker" means the job\'s repository'
  },
  {
    description: 'a template of a named context',
    given: { 'build-contexts': 'a={{secrets}}' },
    problem: 'build-contexts: entry 1 has a template that is not known (secrets): only {{defaultContext}} is'
  },
  { description: 'context from standard input', given: { context: '-' }, problem: 'context: "-" is standard input' },
  { description: 'Dockerfile from standard input', given: { file: '-' }, problem: 'file: "-" is standard input' },
  {
    description: 'network',
    given: { network: 'hosts' },
    problem: 'network: "hosts" is no network of BuildKit: write default, none or host (did you mean "host"?)'
  },
  { description: 'size', given: { 'shm-size': 'big' }, problem: 'shm-size: "big" is not a size' },
  { description: 'limit', given: { ulimit: 'nofile' }, problem: 'ulimit: "nofile" is not name=soft:hard' },
  { description: 'name of a limit', given: { ulimit: 'nofiles=1' }, problem: '(did you mean "nofile"?)' },
  { description: 'limits upside down', given: { ulimit: 'nofile=2:1' }, problem: 'soft limit above the hard one' },
  { description: 'host', given: { 'add-hosts': 'db' }, problem: 'add-hosts: "db" is not host:ip' },
  { description: 'annotation', given: { annotations: 'title' }, problem: 'annotations: "title" is not key=value' },
  { description: 'an open quote', given: { labels: '"a=b' }, problem: 'labels: a double quote is opened and not closed' },
  {
    description: 'both ways to rebuild',
    given: { 'no-cache': 'true', 'no-cache-filters': 'a' },
    problem: 'no-cache-filters: no-cache: true rebuilds every stage already'
  },
  {
    description: 'to save and not to save',
    given: { 'cache-write': 'True', 'cache-export': 'off' },
    problem: 'cache-write: cache-write: true asks to save what cache-export: off does not'
  },
  {
    description: 'no known way to write',
    given: { 'cache-write': 'autoo' },
    problem: 'cache-write: "autoo" is not known: write auto, true or false (did you mean "auto"?)'
  },
  { description: 'half a day', given: { 'cache-refresh-days': '0.5' }, problem: '"0.5" is no number of days' },
  { description: 'push to nowhere', given: { push: 'true' }, problem: 'tags: push: true needs the name to push to' },
  {
    description: 'a builder and how to make one',
    given: { builder: 'mine', 'driver-opts': 'network=host' },
    problem: 'driver-opts: builder "mine" is used as it is'
  },
  {
    description: 'a builder and a driver',
    given: { builder: 'mine', driver: 'docker' },
    problem: 'driver: builder "mine" is used as it is'
  },
  {
    description: 'two configurations',
    given: { 'buildkitd-config': 'a', 'buildkitd-config-inline': 'b' },
    problem: 'buildkitd-config-inline: buildkitd-config names a file already'
  },
  {
    description: 'flags for the engine',
    given: { driver: 'docker', 'buildkitd-flags': '--debug' },
    problem: 'buildkitd-flags: driver: docker is the engine itself'
  },
  {
    description: 'a name for the engine',
    given: { driver: 'docker', name: 'team' },
    problem: 'name: driver: docker is the engine itself'
  },
  {
    description: 'a name for a builder that is there',
    given: { builder: 'mine', name: 'team' },
    problem: 'name: builder "mine" is used as it is'
  },
  ...['-x', 'a b', '1st', 'default', 'a/b'].map(value => ({
    description: `a builder called ${value}`,
    given: { name: value },
    problem: `name: "${value}" is no name for a builder`
  })),
  ...['101', '-1', '80 %', '1e1', 'high', 'NaN'].map(value => ({
    description: `a hit rate of ${value}`,
    given: { 'min-hit-rate': value },
    problem: `min-hit-rate: "${value}" is not a percentage: write a number from 0 to 100, such as 80`
  })),
  {
    description: 'what to do about a hit rate',
    given: { 'min-hit-rate': '80', 'on-low-hit-rate': 'error' },
    problem: 'on-low-hit-rate: "error" is not known: write warn or fail'
  },
  {
    description: 'failing below no hit rate',
    given: { 'on-low-hit-rate': 'fail' },
    problem: 'min-hit-rate: on-low-hit-rate: fail needs the rate to fail below'
  },
  { description: 'a directory for metrics', given: { 'metrics-file': 'out/' }, problem: 'metrics-file: "out/" is a directory' },
  { description: 'this directory for metrics', given: { 'metrics-file': '.' }, problem: 'metrics-file: "." is a directory' },
  {
    description: 'platforms of a node',
    given: { 'node-platforms': 'linux/amd46' },
    problem: 'node-platforms: "linux/amd46" has an unknown architecture'
  },
  {
    description: 'a builder that is there already, to be made current',
    given: { builder: 'mine', use: 'true' },
    problem: 'use: builder "mine" is used as it is'
  },
  { description: 'a remote builder nowhere', given: { driver: 'remote' }, problem: 'endpoint: driver: remote needs the address' }
]

test.each(wrong)('refuses: $description', ({ given, problem }) => {
  expect(problemsOf(given)).toEqual([expect.stringContaining(problem)])
})

describe('what may be secret is not in a problem', () => {
  test.each([
    {
      description: 'no id',
      given: { secrets: 'A=1\nhush' },
      problem: 'secrets: entry 2 is not id=value. A secret of several lines stands in double quotes'
    },
    { description: 'no value', given: { secrets: 'hush=' }, problem: 'secrets: entry 1 is not id=value' },
    { description: 'the end of a base64 line', given: { secrets: 'hush==' }, problem: 'secrets: entry 1 is not id=value' },
    {
      description: 'white space in the id',
      given: { secrets: 'hush hush=1' },
      problem: 'secrets: entry 1 has white space in its id'
    },
    {
      description: 'a build argument',
      given: { 'build-args': 'A=1\n=hush' },
      problem: 'build-args: entry 2 has no name before its ='
    },
    { description: 'a label', given: { labels: '=hush' }, problem: 'labels: entry 1 has no name before its =' },
    { description: 'an open quote', given: { secrets: '"A=hush' }, problem: 'secrets: a double quote is opened' },
    {
      description: 'too long',
      given: { secrets: `A=hush${'x'.repeat(128_000)}` },
      problem: 'secrets: entry 1 is longer than 128000 bytes: use secret-files'
    },
    { description: 'variable', given: { 'secret-envs': 'A=B,hush' }, problem: 'secret-envs: entry 2 is not id=VARIABLE' },
    { description: 'file', given: { 'secret-files': 'hush' }, problem: 'secret-files: entry 1 is not id=path' },
    {
      description: 'a password in a URL',
      given: { 'build-contexts': 'https://me:hush@example.com/a.git' },
      problem: 'build-contexts: entry 1 is not name=path'
    }
  ])('$description', ({ given, problem }) => {
    const problems = problemsOf(given as unknown as Record<string, string>)
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problems.join()).not.toContain('hush')
  })
})

test('all problems at once, in one error', () => {
  const read = reading({
    push: 'maybe',
    'cache-backends': 'disk,tape',
    context: '',
    platforms: 'arm/v7',
    secrets: 'x',
    'no-cache': 'true',
    'no-cache-filters': 'a'
  })
  let thrown: unknown
  try {
    parseInputs(read)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(InputError)
  const { problems, message } = thrown as InputError
  expect(problems.map(problem => problem.split(':')[0]).sort()).toEqual(
    ['cache-backends', 'cache-backends', 'context', 'no-cache-filters', 'platforms', 'push', 'secrets'].sort()
  )
  for (const problem of problems) expect(message).toContain(problem)
})

test('what comes of a bad value is not reported as a second problem', () => {
  expect(problemsOf({ push: 'true', tags: '"open' })).toHaveLength(1)
  expect(problemsOf({ driver: 'remote', endpoint: '', 'buildkitd-flags': '', cleanup: 'x' })).toHaveLength(2)
})

test('a problem is one line, and not longer than a person reads', () => {
  const [problem = ''] = problemsOf({ network: `${'x'.repeat(5000)}\n::error::forged` })
  expect(problem).not.toContain('\n')
  expect(problem.length).toBeLessThan(400)
})
