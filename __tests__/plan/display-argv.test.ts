import { mainBuildArgv } from '../../src/plan/argv'
import { displayArgv } from '../../src/plan/display-argv'
import { inputsWith } from '../inputs/fixture'

test.each([
  { description: 'plain', argv: ['buildx', 'build', '--push', '.'], expected: 'buildx build --push .' },
  {
    description: 'a build argument',
    argv: ['--build-arg', 'A=hush=1', '--build-arg=B=hush'],
    expected: "--build-arg 'A=***' '--build-arg=B=***'"
  },
  { description: 'a build argument of the environment', argv: ['--build-arg', 'A'], expected: '--build-arg A' },
  {
    description: 'a secret by value',
    argv: ['--secret', 'id=hush,env=STAGE_CACHE_SECRET_3'],
    expected: "--secret 'id=***,env=STAGE_CACHE_SECRET_3'"
  },
  { description: 'a secret by variable', argv: ['--secret', 'id=a,env=VAR'], expected: '--secret id=a,env=VAR' },
  {
    description: 'tokens of caches',
    argv: ['--cache-to', 'type=gha,token=hush,"ghtoken=hush,hush",scope=a', '--cache-from=type=s3,secret_access_key=hush'],
    expected: "--cache-to 'type=gha,token=***,ghtoken=***,scope=a' '--cache-from=type=s3,secret_access_key=***'"
  },
  { description: 'a cache that cannot be read', argv: ['--cache-from', '"token=hush'], expected: "--cache-from '***'" },
  {
    description: 'a password in a URL',
    argv: ['--build-context', 'a=https://me:hush@example.com/a.git'],
    expected: "--build-context 'a=https://***@example.com/a.git'"
  },
  { description: 'quotes for a shell', argv: ['--label', "it's\n$x", ''], expected: `--label 'it'\\''s\n$x' ''` }
])('$description', ({ argv, expected }) => {
  const shown = displayArgv('docker', argv)
  expect(shown).toBe(`docker ${expected}`)
  expect(shown).not.toContain('hush')
})

test('of a whole build', () => {
  const inputs = inputsWith({ 'build-args': 'TOKEN=hush', secrets: 'A=hush\nhush=1', tags: 'acme/app' })
  const { argv } = mainBuildArgv({ inputs, builder: '', metadataFile: 'm', iidFile: 'i' })
  expect(displayArgv('docker', argv)).not.toContain('hush')
})
