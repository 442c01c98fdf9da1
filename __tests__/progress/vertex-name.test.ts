import { parseVertexName } from '../../src/progress/vertex-name'
import { recordings, statusesOf, tableOf } from './recordings'

const step = { kind: 'step', onbuild: false, link: false }

test.each([
  ['[build 2/5] RUN make', { ...step, stage: 'build', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }],
  ['[build  3/12] RUN make', { ...step, stage: 'build', number: 3, total: 12, keyword: 'RUN', command: 'RUN make' }],
  ['[build   3/112] RUN make', { ...step, stage: 'build', number: 3, total: 112, keyword: 'RUN', command: 'RUN make' }],
  ['[2/5] COPY . .', { ...step, number: 2, total: 5, keyword: 'COPY', command: 'COPY . .' }],
  ['[ 2/15] COPY . .', { ...step, number: 2, total: 15, keyword: 'COPY', command: 'COPY . .' }],
  ['[stage-1 1/1] WORKDIR /a', { ...step, stage: 'stage-1', number: 1, total: 1, keyword: 'WORKDIR', command: 'WORKDIR /a' }],
  ['[a.b_c-d 1/1] ADD a b', { ...step, stage: 'a.b_c-d', number: 1, total: 1, keyword: 'ADD', command: 'ADD a b' }],
  ['[linux 1/1] ADD a b', { ...step, stage: 'linux', number: 1, total: 1, keyword: 'ADD', command: 'ADD a b' }],
  [
    '[linux/amd64 build 2/5] RUN make',
    { ...step, platform: 'linux/amd64', stage: 'build', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }
  ],
  ['[linux/amd64 2/5] RUN make', { ...step, platform: 'linux/amd64', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }],
  [
    '[linux/arm/v7 build 2/5] RUN make',
    { ...step, platform: 'linux/arm/v7', stage: 'build', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }
  ],
  [
    '[windows(10.0.17763)/amd64 build 2/5] RUN make',
    { ...step, platform: 'windows(10.0.17763)/amd64', stage: 'build', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }
  ],
  [
    '[linux/amd64->arm64 build 2/5] RUN make',
    {
      ...step,
      platform: 'linux/amd64',
      crossPlatform: 'linux/arm64',
      stage: 'build',
      number: 2,
      total: 5,
      keyword: 'RUN',
      command: 'RUN make'
    }
  ],
  [
    '[linux/amd64->arm/v7 2/5] RUN make',
    { ...step, platform: 'linux/amd64', crossPlatform: 'linux/arm/v7', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }
  ],
  [
    '[linux/amd64->windows/amd64 build  2/15] RUN make',
    {
      ...step,
      platform: 'linux/amd64',
      crossPlatform: 'windows/amd64',
      stage: 'build',
      number: 2,
      total: 15,
      keyword: 'RUN',
      command: 'RUN make'
    }
  ],
  [
    '[build 2/5] ONBUILD RUN make',
    { ...step, onbuild: true, stage: 'build', number: 2, total: 5, keyword: 'RUN', command: 'RUN make' }
  ],
  [
    '[build 2/5] LINK COPY --link a b',
    { ...step, link: true, stage: 'build', number: 2, total: 5, keyword: 'COPY', command: 'COPY --link a b' }
  ],
  [
    '[build 2/5] ONBUILD LINK COPY --link a b',
    { ...step, onbuild: true, link: true, stage: 'build', number: 2, total: 5, keyword: 'COPY', command: 'COPY --link a b' }
  ],
  [
    '[build 2/5] RUN a\n[other 3/4] RUN b',
    { ...step, stage: 'build', number: 2, total: 5, keyword: 'RUN', command: 'RUN a\n[other 3/4] RUN b' }
  ],
  [
    '[build 1/5] FROM docker.io/library/alpine:3@sha256:ab',
    { kind: 'from', image: 'docker.io/library/alpine:3@sha256:ab', place: { stage: 'build', number: 1, total: 5 } }
  ],
  ['FROM docker.io/library/alpine:3', { kind: 'from', image: 'docker.io/library/alpine:3' }],
  ['[internal] load build context', { kind: 'internal', text: 'load build context' }],
  ['[linux/arm64 internal] load metadata for x', { kind: 'internal', platform: 'linux/arm64', text: 'load metadata for x' }],
  [
    '[auth] library/alpine:pull token for registry-1.docker.io',
    { kind: 'auth', text: 'library/alpine:pull token for registry-1.docker.io' }
  ],
  ['importing cache manifest from ghcr.io/a/b:c', { kind: 'importing', ref: 'ghcr.io/a/b:c' }],
  ['importing cache manifest from gha:1234', { kind: 'importing', ref: 'gha:1234' }],
  ['exporting cache to registry', { kind: 'exporting', what: 'cache to registry' }],
  ['exporting to image', { kind: 'exporting', what: 'to image' }],
  ['[context app] load metadata for x', { kind: 'other', text: '[context app] load metadata for x' }],
  ['[app build 2/5] RUN make', { kind: 'other', text: '[app build 2/5] RUN make' }],
  ['[scan] generating sbom using docker/buildkit', { kind: 'other', text: '[scan] generating sbom using docker/buildkit' }],
  ['merging manifest list ghcr.io/a/b', { kind: 'other', text: 'merging manifest list ghcr.io/a/b' }],
  ['docker-image://docker.io/docker/dockerfile:1', { kind: 'other', text: 'docker-image://docker.io/docker/dockerfile:1' }],
  ['', { kind: 'other', text: '' }]
])('%j', (name, expected) => {
  expect(parseVertexName(name)).toEqual(expected)
})

test('every name of the recordings is known', () => {
  const others = recordings.flatMap(recording =>
    [...tableOf(statusesOf(recording)).vertices.values()].filter(({ name }) => parseVertexName(name).kind === 'other')
  )
  expect(others).toEqual([])
})
