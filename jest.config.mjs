const project = (displayName, testMatch) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } }]
  }
})

export default {
  // Ends what hangs: a test that is about time measures it.
  testTimeout: 300_000,
  projects: [
    project('unit', ['<rootDir>/__tests__/!(e2e|views)/**/*.test.ts', '<rootDir>/__tests__/*.test.ts']),
    project('views', ['<rootDir>/__tests__/views/**/*.test.ts']),
    project('e2e', ['<rootDir>/__tests__/e2e/**/*.e2e.test.ts'])
  ]
}
