import { findCacheMounts } from '../../src/fingerprint/cache-mounts'
import { stagesOf } from './builds'

function found(dockerfile: string, buildArgs: Readonly<Record<string, string>> = {}) {
  const { script, needed, settings } = stagesOf({ dockerfile, buildArgs })
  return findCacheMounts({ script, needed, settings, contexts: [] }).map(({ mount, uses }) => [
    mount.id,
    mount.known,
    uses[0]?.line
  ])
}

it('finds the mounts of all steps that are needed, triggers and heredocs too', () => {
  const text = `FROM busybox AS unneeded
RUN --mount=type=cache,target=/no true
FROM busybox AS base
RUN --mount=type=cache,target=/a --mount=type=cache,target=/b \\
  true
ONBUILD RUN --mount=type=cache,target=/c true
FROM base
RUN --mount=type=bind,target=/no --mount=type=cache,id=d,target=/x <<EOT
true
EOT
`
  expect(found(text)).toEqual([
    ['/a', true, 4],
    ['/b', true, 4],
    ['/c', true, 6],
    ['d', true, 8]
  ])
})

it('replaces variables where the step stands', () => {
  const text = `ARG KIND=pip
FROM busybox AS parent
ENV HERE=/parent
FROM parent
RUN --mount=type=cache,target=$HERE/$KIND true
ARG KIND
RUN --mount=type=cache,target=$HERE/$KIND true
ENV HERE=/own
RUN --mount=type=cache,target=$HERE/\${KIND:-none}/$TARGETARCH true
`
  expect(found(text)).toEqual([
    ['/parent', false, 5],
    ['/parent/pip', true, 7],
    ['/own/pip', false, 9]
  ])
  expect(found(text, { KIND: 'npm' })[1]).toEqual(['/parent/npm', true, 7])
})

it('what is made of a variable of the base image is not known either', () => {
  const text = `FROM golang
ENV CACHE=$GOPATH/pkg
ARG WHERE=$CACHE/mod
RUN --mount=type=cache,target=$WHERE true
ENV CACHE=/fixed
RUN --mount=type=cache,target=$CACHE true
`
  expect(found(text).map(([, known]) => known)).toEqual([false, true])
})
