import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import { contextTree, selectEntries } from '../../src/fingerprint/context-reads'
import { newPathMatcher, parseIgnoreFile } from '../../src/fingerprint/path-patterns'
import { traceStages } from '../../src/fingerprint/trace-stages'
import { newContextFiles } from '../../src/io/context-files'
import { buildx } from '../../testbed/builder.mjs'

/** Each file's content is its path, so that what arrives tells where it came from. */
const files = [
  'a.txt',
  'b.md',
  'a[1].txt',
  'sp ace.txt',
  '.hidden',
  '#hash',
  'dir/a.txt',
  'dir/b.md',
  'dir/sub/a.txt',
  'dir/sub/deep/c.txt',
  'dir2/a.txt',
  'node_modules/x/index.js',
  'pkg/node_modules/y/index.js',
  'pkg/src/main.ts',
  'pkg/src/main.test.ts',
  'pkg/README.md',
  'build/out.js',
  'build/keep/me.js',
  'build/keep/not.js',
  'logs/a.log',
  'logs/b.log',
  'docs/x.md',
  'docs/y/z.md',
  'nested/docs/w.md',
  'root-only.txt',
  'nested/root-only.txt'
]
const links = { 'link.txt': 'dir/a.txt', 'link-dir': 'dir', 'dir/inner-link': '../a.txt', 'absolute-link': '/dir2/a.txt' }

const copies = [
  'COPY . /out/',
  'COPY b.md /out/',
  'COPY *.txt /out/',
  'COPY dir /out/',
  'COPY dir/ /out/',
  'COPY *ir /out/',
  'COPY dir/*.txt /out/',
  'COPY dir/*/a.txt /out/',
  'COPY ?.md /out/',
  'COPY [ab].* /out/',
  'COPY [^a].md /out/',
  'COPY a[[]1].txt /out/',
  'COPY ["sp ace.txt", "/out/"]',
  'COPY .hidden /out/',
  'COPY /dir/../a.txt /out/',
  'COPY ../../a.txt /out/',
  'COPY link.txt /out/',
  'COPY link-dir /out/',
  'COPY link-dir/*.md /out/',
  'COPY absolute-link /out/',
  'COPY *-link /out/',
  'COPY --exclude=*.md . /out/',
  'COPY --exclude=**/*.md --exclude=dir . /out/',
  'COPY --exclude=sub dir /out/',
  'COPY --exclude=*.md *ir /out/',
  'COPY missing* *.md /out/',
  'ADD dir/sub /out/',
  'ARG WHAT=dir\nCOPY ${WHAT:-x}/*.md $WHAT/s* /out/',
  'COPY --link dir2 /out/',
  'COPY <<EOF a.* /out/\ninline\nEOF'
]

const ignoreFiles = {
  none: '',
  usual: '\uFEFF# comment\nnode_modules\n*.log\n  build  \n!build/keep/me.js\n\n/root-only.txt\n#hash\n',
  deep: '**/node_modules\n**/*.log\ndocs/**\n!docs/y/*.md\n**/sub/deep\nlogs/\n./dir2/\n',
  everything: '*\n!pkg/src\n!*.txt\n!dir/**/a.txt\npkg/src/*.test.ts\n',
  stars: '**/docs\n**.md\nbuild/**/not.js\n?.txt\n[a-c].md\n',
  orders: '!a.txt\na.txt\ndir\n!dir/sub\ndir/sub/deep\n**/a.txt\n!dir2/a.txt\n!\n'.replace('!\n', ''),
  odd: ' # no comment\n/dir//sub/../b.md\n..\n.\n!/\n'.replace('!/\n', '')
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'context-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

it.each(Object.entries(ignoreFiles))('what BuildKit copies is what counts, .dockerignore: %s', async (name, ignoreFile) => {
  const context = join(directory, name)
  for (const path of files) {
    await mkdir(dirname(join(context, path)), { recursive: true })
    await writeFile(join(context, path), `=${path}=`)
  }
  // A link that a wildcard finds and that leads nowhere fails a build.
  if (name === 'none' || name === 'usual')
    for (const [path, target] of Object.entries(links)) await symlink(target, join(context, path))
  const counted = await Promise.all(copies.map(copy => filesThatCount(context, ignoreFile, copy)))
  // A source that is not there fails the build, so each line is one that takes something or has a wildcard.
  const built = copies.flatMap((copy, index) => ((counted[index]?.length ?? 0) > 0 || copy === 'COPY . /out/' ? [index] : []))
  const dockerfile = [
    '# syntax-free',
    ...built.map(index => `FROM scratch AS c${index}\n${copies[index]}`),
    'FROM scratch',
    ...built.map(index => `COPY --from=c${index} /out /c${index}`)
  ].join('\n')
  const path = join(directory, `${name}.Dockerfile`)
  await writeFile(path, dockerfile)
  await writeFile(`${path}.dockerignore`, ignoreFile)
  const destination = join(directory, `${name}-out`)
  await buildx(['build', '--output', `type=local,dest=${destination}`, '--file', path, context])
  const landed = await Promise.all(built.map(index => contentsOf(join(destination, `c${index}`))))
  expect(Object.fromEntries(built.map((index, at) => [copies[index], landed[at]]))).toEqual(
    Object.fromEntries(built.map(index => [copies[index], counted[index]]))
  )
  expect(built.length).toBeGreaterThan(5)
})

async function filesThatCount(context: string, ignoreFile: string, copy: string): Promise<readonly string[]> {
  const options = { buildArgs: {}, platform: 'linux/amd64', buildPlatform: 'linux/amd64' }
  const { dockerfile, script, problems } = parseDockerfile(`FROM scratch\n${copy}\n`, options)
  expect(problems).toEqual([])
  const settings = { ...options, targetName: '' }
  const [stage] = traceStages({ script, needed: dockerfile.stages, settings, contexts: [], inputs: {} })
  const ignored = newPathMatcher(parseIgnoreFile(ignoreFile))
  if (!ignored) throw new Error('the ignore file is refused')
  const entries = await newContextFiles().tree(context, path => !ignored.matches(path) || ignored.mayExceptBelow(path))
  const tree = contextTree(entries, ignored)
  const reads = stage?.parts.flatMap(part => (part.kind === 'step' ? part.reads : [])) ?? []
  const paths = reads.flatMap(read => selectEntries(tree, read) ?? ['?'])
  return [...new Set(paths)].filter(path => tree.get(path)?.kind === 'file').sort()
}

/** Paths that the files below a directory tell they came from. */
async function contentsOf(path: string): Promise<readonly string[]> {
  const found = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => [])
  const texts = await Promise.all(
    found.filter(entry => entry.isFile()).map(entry => readFile(join(entry.parentPath, entry.name), 'utf8'))
  )
  return [...new Set(texts.flatMap(text => /^=(.*)=$/.exec(text)?.[1] ?? []))].sort()
}
