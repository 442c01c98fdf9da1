// A limit only ends what hangs: a test that is about time measures it.
const project = (displayName, testMatch, testTimeout) => ({
  displayName,
  testMatch,
  testTimeout,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } }]
  }
})

export default {
  projects: [
    project('unit', ['<rootDir>/__tests__/!(e2e|views)/**/*.test.ts', '<rootDir>/__tests__/*.test.ts'], 60_000),
    project('views', ['<rootDir>/__tests__/views/**/*.test.ts'], 120_000),
    project('e2e', ['<rootDir>/__tests__/e2e/**/*.e2e.test.ts'], 300_000)
  ]
}
