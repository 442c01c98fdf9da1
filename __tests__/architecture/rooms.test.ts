import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import ts from 'typescript'

/**
 * Who may import whom. A room is a folder of src, or a file at its root; `inputs.ts` is the door of `inputs/`.
 * No arrow goes back: main/post → run → report → explain → plan, progress → dockerfile.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: ['io', 'run'],
  post: ['io', 'run'],
  merge: ['io', 'run'],
  run: [
    'report',
    'explain',
    'plan',
    'fingerprint',
    'progress',
    'dockerfile',
    'inputs',
    'context',
    'git-context',
    'did-you-mean',
    'errors',
    'handover',
    'host',
    'joined',
    'reasons',
    'signed-urls'
  ],
  report: ['explain', 'plan', 'fingerprint', 'progress', 'dockerfile', 'reasons'],
  explain: ['plan', 'fingerprint', 'progress', 'dockerfile', 'reasons'],
  fingerprint: ['dockerfile', 'host', 'joined', 'reasons'],
  inputs: ['plan', 'did-you-mean', 'errors', 'reasons', 'signed-urls'],
  plan: ['dockerfile', 'inputs', 'context', 'did-you-mean', 'joined', 'reasons', 'signed-urls'],
  progress: ['signed-urls'],
  dockerfile: ['did-you-mean'],
  io: ['actions-cache', 'archives', 'buildkit-entries', 'host', 'errors', 'signed-urls'],
  'actions-cache': [],
  archives: [],
  'buildkit-entries': [],
  context: [],
  'git-context': [],
  'did-you-mean': [],
  errors: [],
  handover: [],
  host: ['actions-cache', 'archives', 'buildkit-entries'],
  joined: [],
  reasons: [],
  'signed-urls': []
}
const effects = ['main', 'post', 'merge', 'run', 'io']
/** What rooms other than io may import of node. */
const nodeModules = ['node:path', 'node:crypto']
/** Outside io and the entries nobody reads these from the air. */
const ambient = ['process', 'fetch', 'console', 'globalThis', 'performance', 'crypto', 'require']
const timers = ['setTimeout', 'setInterval', 'setImmediate']
const longestFile = 200

interface Import {
  readonly module: string
  readonly names: readonly string[]
  readonly typeOnly: boolean
}

interface Source {
  readonly path: string
  readonly room: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Names used that are no property of something and no key. */
  readonly identifiers: readonly string[]
  /** `Date.now`, `Math.random`; `new Date()` where it takes no argument. */
  readonly expressions: readonly string[]
  readonly texts: readonly string[]
}

const sources: readonly Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => parse(join('src', path)))

function parse(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const imports: Import[] = []
  const identifiers = new Set<string>()
  const expressions = new Set<string>()
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      imports.push(importOf(node, node.moduleSpecifier))
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      imports.push({ module: literal(node.arguments[0]), names: [], typeOnly: false })
    } else if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) texts.push(node.text)
    if (ts.isPropertyAccessExpression(node)) expressions.add(node.getText())
    if (ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0) expressions.add(`new ${node.expression.getText()}()`)
    if (ts.isIdentifier(node) && isFree(node)) identifiers.add(node.text)
    if (!ts.isImportDeclaration(node)) ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))
  return {
    path,
    room: roomOf(path),
    lines: text.trimEnd().split('\n').length,
    imports,
    identifiers: [...identifiers],
    expressions: [...expressions],
    texts
  }
}

function importOf(node: ts.ImportDeclaration | ts.ExportDeclaration, specifier: ts.Expression): Import {
  if (ts.isExportDeclaration(node)) return { module: literal(specifier), names: [], typeOnly: node.isTypeOnly }
  const bindings = node.importClause?.namedBindings
  const elements = bindings && ts.isNamedImports(bindings) ? bindings.elements : []
  const typeOnly =
    node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (elements.length > 0 && elements.every(element => element.isTypeOnly))
  return { module: literal(specifier), names: elements.map(element => (element.propertyName ?? element.name).text), typeOnly }
}

function literal(node: ts.Node | undefined): string {
  if (!node || !ts.isStringLiteralLike(node)) throw new Error(`not an import of a fixed name: ${node?.getText()}`)
  return node.text
}

/** A name that is used: not one that is declared here, nor the name of a property. */
function isFree(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  return !('name' in parent && parent.name === node) && !ts.isTypeNode(parent)
}

/** Names that a file declares itself are not those from the air. */
function declares({ path }: Source, name: string): boolean {
  return new RegExp(`\\b(const|let|function)\\s+${name}\\b|[({,]\\s*${name}\\s*[,})=:]`).test(readFileSync(path, 'utf8'))
}

function roomOf(path: string): string {
  const [, first = ''] = path.split('/')
  return basename(first, '.ts')
}

function resolved({ path }: Source, module: string): string | undefined {
  return module.startsWith('.') ? normalize(join(dirname(path), `${module}.ts`)) : undefined
}

/** `file: what is wrong`, for all files; a rule holds when there is none. */
function violations(rule: (source: Source) => readonly string[]): readonly string[] {
  return sources.flatMap(source => rule(source).map(wrong => `${source.path}: ${wrong}`))
}

const pure = (source: Source) => !effects.includes(source.room)

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(80)
  expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200)
  expect(sources.find(({ path }) => path === 'src/io/actions-cache.ts')?.imports.map(({ module }) => module)).toContain(
    '@actions/cache'
  )
  expect(sources.find(({ path }) => path === 'src/io/host.ts')?.identifiers).toEqual(
    expect.arrayContaining(['process', 'performance'])
  )
  expect(sources.find(({ path }) => path === 'src/io/host.ts')?.expressions).toContain('Date.now')
})

test('every room is known, and every import is one its room may have', () => {
  expect(violations(({ room }) => (room in mayImport ? [] : [`no such room: ${room}`]))).toEqual([])
  expect(
    violations(source =>
      source.imports.flatMap(({ module }) => {
        const path = resolved(source, module)
        if (path === undefined) return []
        const room = roomOf(path)
        return room === source.room || mayImport[source.room]?.includes(room) ? [] : [`may not import ${module}`]
      })
    )
  ).toEqual([])
})

test('plan knows the inputs by their type alone', () => {
  expect(
    violations(source =>
      source.room === 'plan'
        ? source.imports.filter(one => /(^|\/)inputs(\/|$)/.test(one.module) && !one.typeOnly).map(one => one.module)
        : []
    )
  ).toEqual([])
})

test('no file needs itself by way of others', () => {
  const needs = new Map(
    sources.map(source => [
      source.path,
      source.imports.filter(one => !one.typeOnly).flatMap(one => resolved(source, one.module) ?? [])
    ])
  )
  const cycles: string[] = []
  const done = new Set<string>()
  const walk = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(' → '))
    if (above.includes(path) || done.has(path)) return
    for (const next of needs.get(path) ?? []) walk(next, [...above, path])
    done.add(path)
  }
  for (const path of needs.keys()) walk(path, [])
  expect(cycles).toEqual([])
})

test('only io knows the world: @actions/*, and of node all but paths and hashes', () => {
  expect(
    violations(({ room, imports }) =>
      room === 'io'
        ? []
        : imports
            .map(({ module }) => module)
            .filter(module => /^(@actions\/|node:)/.test(module) && !nodeModules.includes(module))
    )
  ).toEqual([])
  // Without their prefix they would not be seen above.
  expect(
    violations(({ imports }) =>
      imports.map(({ module }) => module).filter(module => /^(fs|child_process|os|http|https|net|path|crypto)(\/|$)/.test(module))
    )
  ).toEqual([])
})

test('pure rooms are pure: no world, no clock, no chance', () => {
  expect(
    violations(source =>
      pure(source) ? [...ambient, ...timers].filter(name => source.identifiers.includes(name) && !declares(source, name)) : []
    )
  ).toEqual([])
  expect(
    violations(source =>
      pure(source) ? source.expressions.filter(text => ['Date.now', 'Math.random', 'new Date()'].includes(text)) : []
    )
  ).toEqual([])
  expect(
    violations(source =>
      pure(source)
        ? source.imports.flatMap(({ module, names }) =>
            module === 'node:crypto' ? names.filter(name => name !== 'createHash' && name !== 'createHmac') : []
          )
        : []
    )
  ).toEqual([])
})

test('run acts through Host alone', () => {
  expect(
    violations(source =>
      source.room === 'run' ? ambient.filter(name => source.identifiers.includes(name) && !declares(source, name)) : []
    )
  ).toEqual([])
  expect(
    violations(source =>
      source.room === 'run' ? source.expressions.filter(text => ['Date.now', 'Math.random', 'new Date()'].includes(text)) : []
    )
  ).toEqual([])
})

test('the entries alone end the process, and are short', () => {
  expect(
    violations(({ room, expressions }) =>
      ['main', 'post', 'merge'].includes(room) ? [] : expressions.filter(text => /^process\.exit/.test(text))
    )
  ).toEqual([])
  expect(
    violations(({ room, lines }) => (['main', 'post', 'merge'].includes(room) && lines >= 30 ? [`${lines} lines`] : []))
  ).toEqual([])
})

test('flags of docker are written in plan alone', () => {
  // Advice reads and writes lines of Dockerfiles, with the flags of what they run.
  const isAdvice = (path: string) => /^src\/(explain\/advice\/|report\/sentences-advice)/.test(path)
  expect(
    violations(({ path, room, texts }) => (room === 'plan' || isAdvice(path) ? [] : texts.filter(text => /^--[a-z]/.test(text))))
  ).toEqual([])
})

test('no file is a drawer for everything, and none is too long', () => {
  expect(sources.map(({ path }) => path).filter(path => /util|helper|manager|common|misc/i.test(path))).toEqual([])
  expect(violations(({ lines }) => (lines > longestFile ? [`${lines} lines`] : []))).toEqual([])
})
