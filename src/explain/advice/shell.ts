/** One simple command of a shell script: quotes are gone, variables stay as they are written. */
export interface Command {
  readonly words: readonly string[]
  /** `NAME=value` before it. */
  readonly assignments: ReadonlyMap<string, string>
}

/**
 * The simple commands of a script in their order, those of subshells, groups, conditions and loops among them; redirections are left out.
 * undefined where the script has what is not read here: functions, `case`, arithmetic, heredocs of its own.
 * What is in `$(…)` stays part of its word. Rules: POSIX.1-2024, Shell Command Language 2.3 and 2.9.
 */
export function parseShell(script: string): readonly Command[] | undefined {
  const tokens = tokensOf(script)
  if (tokens === undefined) return undefined
  const commands: Command[] = []
  let words: string[] = []
  for (const token of [...tokens, OPERATOR] as readonly Token[]) {
    if (token !== OPERATOR) {
      words.push(token)
      continue
    }
    const command = commandOf(words)
    if (command === 'unknown') return undefined
    if (command !== undefined) commands.push(...(innerCommands(command) ?? [command]))
    words = []
  }
  return commands
}

/** Whether a word is the same text whenever the script runs. */
export function isLiteral(word: string): boolean {
  return !/[$`*?[\]{}]/.test(word)
}

const OPERATOR: unique symbol = Symbol('operator')
const openers = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '{', '!', 'time'])
const closers = new Set(['fi', 'done', '}'])

function commandOf(written: readonly string[]): Command | undefined | 'unknown' {
  let words = written
  while (words[0] !== undefined && openers.has(words[0])) words = words.slice(1)
  if (words[0] === 'case' || words[0] === 'function' || words[0] === 'esac' || words[0] === 'select') return 'unknown'
  const assignments = new Map<string, string>()
  words = withoutWrapper(words, assignments)
  return words.length === 0 || closers.has(words[0] ?? '') ? undefined : { words, assignments }
}

/** Without assignments and the programs that only run another. */
function withoutWrapper(words: readonly string[], assignments: Map<string, string>): readonly string[] {
  const [first = ''] = words
  const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(first)
  if (assignment) {
    assignments.set(assignment[1] ?? '', assignment[2] ?? '')
    return withoutWrapper(words.slice(1), assignments)
  }
  const next = words[1] ?? ''
  if (['sudo', 'env', 'exec', 'command', 'nice', 'eatmydata'].includes(first) && next !== '' && !next.startsWith('-')) {
    return withoutWrapper(words.slice(1), assignments)
  }
  return words
}

/** What `sh -c script` runs. */
function innerCommands({ words }: Command): readonly Command[] | undefined {
  const [program = '', ...others] = words
  const at = others.findIndex(word => /^-[a-z]*c$/.test(word))
  const isShell = /^(?:\/usr)?(?:\/bin\/)?(?:sh|bash|ash|dash)$/.test(program)
  const inner = others[at + 1]
  if (
    !isShell ||
    at < 0 ||
    inner === undefined ||
    others.slice(0, at).some(word => !word.startsWith('-') && word !== 'pipefail')
  ) {
    return undefined
  }
  return parseShell(inner) ?? []
}

type Token = string | typeof OPERATOR

function tokensOf(script: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  let word: string | undefined
  /** The next word is where a redirection goes. */
  let redirected = false
  const flush = () => {
    if (word !== undefined && !redirected) tokens.push(word)
    if (word !== undefined) redirected = false
    word = undefined
  }
  for (let at = 0; at < script.length;) {
    const character = script.charAt(at)
    const next = script.charAt(at + 1)
    const run = word === undefined && character === '#' ? script.slice(at).search(/\n|$/) : expansionLength(script, at)
    if (run === undefined) return undefined
    if (word === undefined && character === '#') at += run
    else if (run > 0) {
      word = (word ?? '') + script.slice(at, at + run)
      at += run
    } else if (character === '\\') {
      if (next !== '\n') word = (word ?? '') + next
      at += 2
    } else if (character === "'") {
      const end = script.indexOf("'", at + 1)
      if (end < 0) return undefined
      word = (word ?? '') + script.slice(at + 1, end)
      at = end + 1
    } else if (character === '"') {
      const quoted = readDoubleQuoted(script, at + 1)
      if (quoted === undefined) return undefined
      word = (word ?? '') + quoted.text
      at = quoted.at
    } else if (/[ \t\r]/.test(character)) {
      flush()
      at++
    } else if (character === '<' || character === '>') {
      if (next === '(') return undefined
      if (word !== undefined && /^\d+$/.test(word)) word = undefined
      flush()
      redirected = true
      at += /^(?:<<<|<<-|<<|>>|[<>]&|>\||<>|[<>])/.exec(script.slice(at))?.[0].length ?? 1
    } else if (/[;&|\n()]/.test(character)) {
      if (character === '(' && (word !== undefined || next === '(')) return undefined
      if (character === ';' && next === ';') return undefined
      // `&>` redirects as `>` does.
      if (character === '&' && next === '>') {
        at++
        continue
      }
      flush()
      redirected = false
      tokens.push(OPERATOR)
      at++
    } else {
      word = (word ?? '') + character
      at++
    }
  }
  flush()
  return tokens
}

function readDoubleQuoted(script: string, from: number): { readonly text: string; readonly at: number } | undefined {
  let text = ''
  for (let at = from; at < script.length;) {
    const character = script.charAt(at)
    if (character === '"') return { text, at: at + 1 }
    const run = expansionLength(script, at)
    if (run === undefined) return undefined
    if (run > 0) text += script.slice(at, at + run)
    else if (character === '\\' && /[$`"\\\n]/.test(script.charAt(at + 1))) {
      const escaped = script.charAt(at + 1)
      text += escaped === '\n' ? '' : escaped
      at++
    } else text += character
    at += Math.max(run, 1)
  }
  return undefined
}

/** Length of the `$(…)`, `${…}` or backquoted part that begins here; 0 where none does, undefined where it does not end. */
function expansionLength(script: string, at: number): number | undefined {
  const character = script.charAt(at)
  if (character === '`') {
    const end = script.indexOf('`', at + 1)
    return end < 0 ? undefined : end + 1 - at
  }
  const open = character === '$' ? script.charAt(at + 1) : ''
  if (open !== '(' && open !== '{') return 0
  const close = open === '(' ? ')' : '}'
  let depth = 0
  let quote = ''
  for (let end = at + 1; end < script.length; end++) {
    const here = script.charAt(end)
    if (here === '\\') end++
    else if (quote !== '') quote = here === quote ? '' : quote
    else if (here === "'" || here === '"') quote = here
    else if (here === open) depth++
    else if (here === close && --depth === 0) return end + 1 - at
  }
  return undefined
}
