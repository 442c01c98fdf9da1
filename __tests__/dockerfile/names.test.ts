import { closest, didYouMean } from '../../src/did-you-mean'
import { contextName, isImageReference } from '../../src/dockerfile/image-reference'
import { formatPlatform, parsePlatform } from '../../src/dockerfile/platform'

test.each([
  { text: 'linux/amd64', expected: 'linux/amd64' },
  { text: 'amd64', expected: 'linux/amd64' },
  { text: 'linux', expected: 'linux/amd64' },
  { text: 'Linux/X86_64', expected: 'linux/amd64' },
  { text: 'linux/amd64/v1', expected: 'linux/amd64' },
  { text: 'linux/amd64/v3', expected: 'linux/amd64/v3' },
  { text: 'linux/arm64/v8', expected: 'linux/arm64' },
  { text: 'aarch64', expected: 'linux/arm64' },
  { text: 'linux/arm', expected: 'linux/arm/v7' },
  { text: 'linux/arm/6', expected: 'linux/arm/v6' },
  { text: 'armhf', expected: 'linux/arm/v7' },
  { text: 'linux/i386', expected: 'linux/386' },
  { text: 'macos/arm64', expected: 'darwin/arm64' },
  { text: 'windows(10.0.17763)/amd64', expected: 'windows(10.0.17763)/amd64' },
  { text: 'no/such', expected: 'no/such' },
  { text: 'nosuch', expected: undefined },
  { text: 'linux/a b', expected: undefined },
  { text: 'linux/amd64/v1/x', expected: undefined },
  { text: '', expected: undefined }
])('the platform $text is $expected', ({ text, expected }) => {
  const platform = parsePlatform(text)
  expect(platform && formatPlatform(platform, true)).toBe(expected)
})

test.each([
  { text: 'alpine', expected: 'alpine' },
  { text: 'alpine:latest', expected: 'alpine' },
  { text: 'alpine:3.20', expected: 'alpine:3.20' },
  { text: 'docker.io/library/alpine:latest', expected: 'alpine' },
  { text: 'index.docker.io/alpine', expected: 'alpine' },
  { text: 'library/alpine', expected: 'alpine' },
  { text: 'acme/app', expected: 'acme/app' },
  { text: 'localhost/app', expected: 'localhost/app' },
  { text: 'ghcr.io/acme/app:v1', expected: 'ghcr.io/acme/app:v1' },
  { text: '127.0.0.1:5000/app', expected: '127.0.0.1:5000/app' },
  { text: '[::1]:5000/app', expected: '[::1]:5000/app' },
  { text: 'Host/app', expected: 'Host/app' },
  { text: `alpine@sha256:${'0'.repeat(64)}`, expected: `alpine@sha256:${'0'.repeat(64)}` },
  { text: '0', expected: '0' },
  { text: 'a__b-c---d.e', expected: 'a__b-c---d.e' },
  { text: 'Alpine', expected: undefined },
  { text: 'acme/App', expected: undefined },
  { text: 'a..b', expected: undefined },
  { text: 'a-', expected: undefined },
  { text: 'a b', expected: undefined },
  { text: 'alpine:', expected: undefined },
  { text: '', expected: undefined },
  { text: 'f'.repeat(64), expected: undefined }
])('the image $text is the context $expected', ({ text, expected }) => {
  expect(contextName(text)).toBe(expected)
  expect(isImageReference(text)).toBe(expected !== undefined)
})

test.each([
  { name: 'bulid', candidates: ['build', 'base'], expected: 'build' },
  { name: 'TEST', candidates: ['rest', 'test'], expected: 'test' },
  { name: 'runtim', candidates: ['run', 'runtime'], expected: 'runtime' },
  { name: 'x', candidates: ['y', 'z'], expected: undefined },
  { name: 'something', candidates: ['else'], expected: undefined },
  { name: 'a', candidates: [], expected: undefined }
])('$name most likely means $expected', ({ name, candidates, expected }) => {
  expect(closest(name, candidates)).toBe(expected)
  expect(didYouMean(name, candidates)).toBe(expected === undefined ? '' : ` (did you mean "${expected}"?)`)
})
