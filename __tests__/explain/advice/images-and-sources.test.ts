import { findings, linesOf } from './facts'

describe('unpinned-base', () => {
  it.each([
    ['FROM alpine\nRUN x', [1]],
    ['FROM docker.io/library/node:latest\nRUN x', [1]],
    ['FROM localhost:5000/node\nRUN x', [1]],
    ['FROM alpine:3.20\nRUN x', []],
    ['FROM alpine@sha256:' + 'a'.repeat(64) + '\nRUN x', []],
    ['ARG B=alpine\nFROM $B\nRUN x', []],
    ['FROM scratch\nCOPY a b', []],
    ['FROM alpine:3 AS one\nRUN x\nFROM one\nRUN y', []],
    ['FROM alpine:3\nCOPY --from=ghcr.io/a/uv:latest /uv /bin/\nCOPY --from=busybox:1 /a /b', [2]],
    ['FROM alpine:3 AS one\nRUN x\nFROM alpine:3\nCOPY --from=ONE /a /b\nCOPY --from=0 /c /d', []]
  ])('%j', (text, lines) => {
    expect(linesOf('unpinned-base', text)).toEqual(lines)
  })
  it('leaves named contexts and stages from the cache alone', () => {
    const text = 'FROM alpine\nRUN x\nCOPY --from=other /a /b'
    expect(linesOf('unpinned-base', text, { buildContexts: new Set(['other']) })).toEqual([1])
    expect(linesOf('unpinned-base', text, { cached: 'all' })).toEqual([])
  })
})

describe('unpinned-git', () => {
  it.each([
    ['git clone https://github.com/a/b', 1],
    ['apk add git && git clone --depth 1 git@github.com:a/b.git /src', 1],
    ['git clone -b main https://github.com/a/b', 1],
    ['git clone --branch=develop https://github.com/a/b', 1],
    ['git clone --branch v1.2 https://github.com/a/b', 0],
    ['git clone -b $VERSION https://github.com/a/b', 0],
    ['git clone https://github.com/a/b && cd b && git checkout 1234567', 0],
    ['git clone https://github.com/a/b && git -C b reset --hard 1234567', 0],
    ['git clone --revision=refs/tags/v1 https://github.com/a/b', 0],
    ['git clone $URL', 0],
    ['git clone /local/b', 0],
    ['echo git clone https://github.com/a/b', 0],
    ['case x in x) git clone https://github.com/a/b;; esac', 0]
  ])('RUN %s', (script, count) => {
    expect(findings('unpinned-git', `FROM a:1\nRUN ${script}`)).toHaveLength(count)
  })
  it('sees a checkout in a later step, and heredocs', () => {
    expect(linesOf('unpinned-git', 'FROM a:1\nRUN git clone https://x.y/z\nRUN cd z && git checkout abc')).toEqual([])
    expect(linesOf('unpinned-git', 'FROM a:1\nRUN <<EOF\nset -e\ngit clone https://x.y/z\nEOF')).toEqual([2])
    expect(linesOf('unpinned-git', 'FROM a:1\nRUN cat <<EOF > /x\ngit clone https://x.y/z\nEOF')).toEqual([])
  })
})

describe('unpinned-add', () => {
  it.each([
    ['ADD https://example.com/tool.tar.gz /', 1],
    ['ADD https://github.com/a/b.git /src', 1],
    ['ADD https://github.com/a/b.git#main /src', 1],
    ['ADD git@github.com:a/b.git#v1.2 /src', 0],
    ['ADD --checksum=sha256:aa https://example.com/tool.tar.gz /', 0],
    ['ADD https://example.com/tool-1.2.tar.gz /', 0],
    ['ADD https://example.com/$VERSION/tool.tar.gz /', 0],
    ['ADD file.tar.gz /', 0]
  ])('%s', (add, count) => {
    expect(findings('unpinned-add', `FROM a:1\n${add}`)).toHaveLength(count)
  })
})

it.each([
  ['curl -LO https://github.com/a/b/releases/latest/download/b', 1],
  ['wget -q "https://x.y/latest/b"', 1],
  ['curl -LO https://github.com/a/b/releases/download/v1.2/b', 0],
  ['curl -L https://x.y/latest/$V/b', 0]
])('unpinned-download: %s', (script, count) => {
  expect(findings('unpinned-download', `FROM a:1\nRUN ${script}`)).toHaveLength(count)
})
