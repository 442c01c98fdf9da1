import { filesToRead } from '../../../src/explain/advice/rules'
import { factsOf, findings, linesOf } from './facts'

const project = {
  'package.json': '{"dependencies":{"a":"1"}}',
  'package-lock.json': '{}',
  'yarn.lock': '',
  'pnpm-lock.yaml': '',
  'requirements.txt': 'flask==3\n--hash=sha256:aa\n# note\n',
  'pyproject.toml': '[project]\nname = "a"\n',
  'uv.lock': '',
  'poetry.lock': '',
  'go.mod': 'module a\nrequire b v1\n',
  'go.sum': '',
  'composer.json': '{}',
  'composer.lock': '{}',
  Gemfile: "gem 'rails'\n",
  'Gemfile.lock': '',
  'pom.xml': '<project></project>',
  'web/package.json': '{}',
  'web/package-lock.json': '{}'
}
const manifests = (text: string, files: Readonly<Record<string, string>> = project) =>
  findings('source-before-dependencies', text, { files }).map(found => found.manifests.join(' '))

describe('source-before-dependencies', () => {
  it.each([
    ['npm ci', 'package.json package-lock.json'],
    ['npm install --omit=dev', 'package.json package-lock.json'],
    ['yarn install --frozen-lockfile', 'package.json yarn.lock'],
    ['corepack enable && pnpm install', 'package.json pnpm-lock.yaml'],
    ['pip install --no-cache-dir -r requirements.txt', 'requirements.txt'],
    ['uv sync --frozen', 'pyproject.toml uv.lock'],
    ['poetry install', 'pyproject.toml poetry.lock'],
    ['go build -o /app .', 'go.mod go.sum'],
    ['composer install --no-dev', 'composer.json composer.lock'],
    ['bundle install', 'Gemfile Gemfile.lock'],
    ['mvn -B package', 'pom.xml'],
    ['cd web && npm ci', 'web/package.json web/package-lock.json']
  ])('COPY . . and RUN %s', (script, expected) => {
    expect(manifests(`FROM a:1\nWORKDIR /app\nCOPY . .\nRUN ${script}`)).toEqual([expected])
  })

  it.each([
    ['a folder of the context', 'FROM a:1\nWORKDIR /app\nCOPY web ./\nRUN npm ci', ['web/package.json web/package-lock.json']],
    ['a folder below', 'FROM a:1\nCOPY . /app\nWORKDIR /app/web\nRUN npm ci', ['web/package.json web/package-lock.json']],
    ['the manifest first', 'FROM a:1\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm ci', []],
    ['the manifest alone', 'FROM a:1\nCOPY package.json package-lock.json ./\nRUN npm ci', []],
    ['another stage’s files', 'FROM a:1 AS one\nCOPY . /x\nFROM a:1\nCOPY --from=one /x .\nRUN npm ci', []],
    ['another directory', 'FROM a:1\nCOPY . /app\nWORKDIR /other\nRUN npm ci', []],
    ['a directory of the command', 'FROM a:1\nCOPY . .\nRUN npm --prefix web ci', []],
    ['packages by name', 'FROM a:1\nCOPY . .\nRUN npm install -g typescript && pip install flask', []],
    ['mounted manifests', 'FROM a:1\nCOPY . .\nRUN --mount=type=bind,source=package.json,target=package.json npm ci', []],
    ['vendored modules', 'FROM a:1\nCOPY . .\nRUN go build -mod=vendor .', []],
    ['a directory that is not known', 'FROM a:1\nWORKDIR $HOME\nCOPY . /app\nRUN npm ci', []],
    ['no install', 'FROM a:1\nCOPY . .\nRUN npm run build', []]
  ])('%s', (_, text, expected) => {
    expect(manifests(text)).toEqual(expected)
  })

  it.each([
    ['npm ci', { 'package.json': '{"scripts":{"postinstall":"node build.js"}}', 'package-lock.json': '' }],
    ['npm ci', { 'package.json': '{"workspaces":["a"]}', 'package-lock.json': '' }],
    ['npm ci', { 'package.json': '{}' }],
    ['npm ci', {}],
    ['pnpm install', { 'package.json': '{}', 'pnpm-workspace.yaml': '' }],
    ['pip install -r requirements.txt', { 'requirements.txt': '-e .\n' }],
    ['pip install -r requirements.txt', { 'requirements.txt': '-r base.txt\n' }],
    ['pip install -r requirements.txt', { 'requirements.txt': './vendored\n' }],
    ['go build', { 'go.mod': '' }],
    ['go build', { 'go.mod': 'replace a => ./a\n', 'go.sum': '' }],
    ['go build', { 'go.mod': '', 'go.sum': '', 'vendor/modules.txt': '' }],
    ['bundle install', { Gemfile: 'gemspec\n' }],
    ['mvn package', { 'pom.xml': '<modules><module>a</module></modules>' }]
  ])('says nothing where the manifests would not do: %s %j', (script, files) => {
    expect(manifests(`FROM a:1\nCOPY . .\nRUN ${script}`, files as Record<string, string>)).toEqual([])
  })

  it('says nothing of an install from the cache', () => {
    expect(linesOf('source-before-dependencies', 'FROM a:1\nCOPY . .\nRUN npm ci', { files: project, cached: 'all' })).toEqual([])
  })

  it('asks only for files inside the context', () => {
    const asked = (copy: string) => filesToRead(factsOf(`FROM a:1\nWORKDIR /app\n${copy}\nRUN npm ci`))
    expect(asked('COPY . .')).toContain('package.json')
    expect(asked('COPY sub/../web/ .')).toContain('web/package.json')
    expect(asked('COPY ../../etc .')).toEqual([])
    expect(asked('COPY /web .')).toContain('web/package.json')
  })
})

describe('copies-everything', () => {
  const text = 'FROM a:1\nCOPY . /app\nRUN make'
  it.each([
    ['.git in the context', text, { git: true, ignore: 'node_modules\n' }, ['warning']],
    ['.git ignored', text, { git: true, ignore: '.git\n' }, []],
    ['no ignore file', text, { git: false, ignore: undefined }, ['notice']],
    ['no .git and an ignore file', text, { git: false, ignore: '' }, []],
    ['nothing below', 'FROM a:1\nCOPY . /app', { git: true, ignore: '' }, []],
    ['a folder', 'FROM a:1\nCOPY src /app\nRUN make', { git: true, ignore: '' }, []],
    ['another stage', 'FROM a:1 AS one\nRUN x\nFROM a:1\nCOPY --from=one . /app\nRUN make', { git: true, ignore: '' }, []],
    ['--exclude', 'FROM a:1\nCOPY --exclude=.git . /app\nRUN make', { git: true, ignore: '' }, []]
  ])('%s', (_, dockerfile, context, levels) => {
    expect(findings('copies-everything', dockerfile, { context }).map(({ level }) => level)).toEqual(levels)
  })

  it.each([
    ['.git', true],
    ['/.git/', true],
    ['**/.git', true],
    ['.git/**', true],
    ['.*', true],
    ['*', true],
    ['**', true],
    ['*\n!src', true],
    ['.git\n!.git', true],
    ['*\n!.git/HEAD', true],
    ['*\n!*', false],
    ['.gitignore', false],
    ['.github', false],
    ['# .git', false],
    ['src/.git', false],
    ['', false]
  ])('%j hides .git: %s', (ignore, hidden) => {
    const found = findings('copies-everything', text, { context: { git: true, ignore } })
    expect(found.map(({ level }) => level)).toEqual(hidden ? [] : ['warning'])
  })
})

describe('changing-argument', () => {
  const given = { buildArgs: new Set(['GIT_SHA', 'BUILD_DATE', 'VERSION']) }
  it.each([
    ['FROM a:1\nARG GIT_SHA\nRUN apt-get update && apt-get install -y curl\nRUN echo $GIT_SHA', [{ line: 2, below: 3 }]],
    ['FROM a:1\nARG GIT_SHA\nENV SHA=$GIT_SHA\nRUN npm ci\nRUN npm run build', [{ line: 2, below: 4 }]],
    ['FROM a:1\nARG BUILD_DATE=x\nLABEL d=$BUILD_DATE\nCOPY package.json .\nRUN npm ci', [{ line: 2, below: 5 }]],
    ['FROM a:1\nARG GIT_SHA\nRUN npm run build\nRUN npm ci', []],
    ['FROM a:1\nARG GIT_SHA\nRUN pip install x==$GIT_SHA', []],
    ['FROM a:1\nARG GIT_SHA\nENV SHA=$GIT_SHA\nWORKDIR /$SHA\nRUN npm ci', []],
    ['FROM a:1\nRUN npm ci\nARG GIT_SHA\nRUN echo $GIT_SHA', []],
    ['FROM a:1\nARG VERSION\nRUN npm ci', []],
    ['FROM a:1\nARG COMMIT_SHA\nRUN npm ci', []],
    ['ARG GIT_SHA\nFROM a:1\nRUN npm ci', []],
    ['FROM a:1\nARG GIT_SHA\nENV SHA=$GIT_SHA\nWORKDIR /app\nRUN apk add --no-cache curl', [{ line: 2, below: 5 }]],
    ['FROM a:1\nARG GIT_SHA\nRUN dnf -y install tar && dnf clean all', [{ line: 2, below: 3 }]],
    ['FROM a:1\nARG GIT_SHA\nRUN apk add --no-cache make && make', []]
  ])('%j', (text, expected) => {
    const found = findings('changing-argument', text, given)
    expect(found.map(({ lines, belowLine }) => ({ line: lines.start, below: belowLine }))).toEqual(expected)
  })
})
