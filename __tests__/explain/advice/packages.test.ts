import { findings, linesOf } from './facts'

describe('unpinned-packages', () => {
  it.each([
    ['pip install flask==3.0 uvicorn[standard]', ['uvicorn[standard]']],
    ['python3 -m pip install --no-cache-dir --upgrade pip setuptools awscli', ['awscli']],
    ['npm install -g yarn typescript@5 @a/b@latest @c/d', ['yarn', '@a/b@latest', '@c/d']],
    ['go install github.com/a/b@latest', ['github.com/a/b@latest']],
    ['cargo install just', ['just']],
    ['gem install bundler --no-document', ['bundler']],
    ['pip install -r requirements.txt', []],
    ['pip install . ./x.whl git+https://a/b', []],
    ['pip install -c constraints.txt flask', []],
    ['pip install --what-is-this flask', []],
    ['pip install $PACKAGES', []],
    ['npm install lodash', []],
    ['cargo install just --version 1.2', []],
    ['cargo install --git https://a/b b', []],
    ['gem install bundler -v 2.5', []],
    ['apt-get install -y curl', []],
    ['apk add curl', []]
  ])('RUN %s', (script, packages) => {
    expect(findings('unpinned-packages', `FROM a:1\nRUN ${script}`).flatMap(found => found.packages)).toEqual(packages)
  })
  it('is a notice', () => {
    expect(findings('unpinned-packages', 'FROM a:1\nRUN pip install flask')[0]?.level).toBe('notice')
  })
})

describe('apt-update-apart', () => {
  it.each([
    ['FROM a:1\nRUN apt-get update\nRUN apt-get install -y curl', [2]],
    ['FROM a:1\nRUN apt-get update && apt-get install -y curl\nRUN apt-get install -y git', [3]],
    ['FROM a:1 AS base\nRUN apt-get update\nFROM base\nRUN apt-get install -y git', [4]],
    ['FROM a:1\nRUN apt-get update && apt-get install -y curl\nRUN apt-get update && apt-get install -y git', []],
    ['FROM a:1\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN apt-get install -y ./x.deb', []],
    ['FROM a:1\nRUN apt-get update\nRUN ./setup', []],
    ['FROM a:1\nRUN apt-get update\nRUN apt-get -o X=y update && apt-get install -y git', []],
    [
      'FROM a:1\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\nRUN --mount=type=cache,target=/var/lib/apt apt-get install -y git',
      []
    ]
  ])('%j', (text, lines) => {
    expect(linesOf('apt-update-apart', text)).toEqual(lines)
  })
  it('says nothing of an install from the cache', () => {
    expect(linesOf('apt-update-apart', 'FROM a:1\nRUN apt-get update\nRUN apt-get install -y curl', { cached: [3] })).toEqual([])
  })
})
