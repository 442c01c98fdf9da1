import { parsePlatform } from '../../src/plan/platform'

test.each([
  ['linux/amd64', 'linux/amd64'],
  [' Linux/AMD64 ', 'linux/amd64'],
  ['amd64', 'linux/amd64'],
  ['x86_64', 'linux/amd64'],
  ['linux/x86-64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v2', 'linux/amd64/v2'],
  ['aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/9', 'linux/arm64/v9'],
  ['arm', 'linux/arm/v7'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['armhf', 'linux/arm/v7'],
  ['armel', 'linux/arm/v6'],
  ['i386', 'linux/386'],
  ['386', 'linux/386'],
  ['linux/riscv64', 'linux/riscv64'],
  ['macos/arm64', 'darwin/arm64'],
  ['windows(10.0.17763)/amd64', 'windows(10.0.17763)/amd64']
])('%j is %s', (text, platform) => {
  expect(parsePlatform(text)).toEqual({ platform })
})

test.each([
  ['linux/amd46', 'did you mean linux/amd64?'],
  ['linx/amd64', 'did you mean linux/amd64?'],
  ['arm/v7', 'did you mean linux/arm/v7?'],
  ['amd46', 'did you mean linux/amd64?'],
  ['linux', 'says no architecture'],
  ['local', 'says no platform'],
  ['linux/', 'is no platform'],
  ['linux/arm/v7/x', 'is no platform'],
  ['linux/amd64/*', 'unknown variant'],
  ['*/*', 'unknown operating system'],
  ['--push', 'unknown architecture'],
  ['', 'is no platform']
])('%j is refused', (text, problem) => {
  expect(parsePlatform(text)).toEqual({ problem: expect.stringContaining(problem) })
})
