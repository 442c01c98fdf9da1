import type { Mermaid } from './mermaid'
import { oneLine } from './plain'
import type { Words } from './words'

declare const safe: unique symbol
/** Markdown that is ours or was escaped: only the functions of this file make it, so text cannot be forgotten. */
export type Markdown = string & { readonly [safe]: true }

/** Template of our own Markdown; a string put in must have come through one of the functions below. */
export function ours(literals: TemplateStringsArray, ...values: readonly (Markdown | number)[]): Markdown {
  return String.raw({ raw: literals }, ...values) as Markdown
}

export const NOTHING = ours``

export function join(parts: readonly Markdown[], separator: string): Markdown {
  return parts.filter(part => part !== '').join(separator) as Markdown
}

/** Inline code: nothing in it is Markdown, a mention, a reference, an emoji or a link. Inside tables `table` sees to the pipes. */
export function code(text: string, longest?: number): Markdown {
  const line = shortBackticks(oneLine(text, longest))
  if (line === '') return NOTHING
  const fence = '`'.repeat(longestRun(line) + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}` as Markdown
}

/** Prose of others, shown as prose: no character of it has a meaning, nothing in it becomes a link, a mention or an emoji. */
export function text(value: string, longest?: number): Markdown {
  return oneLine(value, longest)
    .replace(/^\P{L}|[!-&*+:-@[-`{-~]/gu, character => (character === ';' ? character : entity(character)))
    .replace(/(?<=&#(?:35|58|64);)|(?<=www)(?=\.)|(?<=\bGH)(?=-)/giu, BREAK)
    .replace(/(?<![\w#])[0-9a-f]{6,40}(?!\w)/giu, commit => commit.replace(/.{5}(?=.)/gu, `$&${BREAK}`)) as Markdown
}

/** A sentence, its names as inline code. */
export function sentence(parts: Words, longest?: number): Markdown {
  return parts.map(part => (typeof part === 'string' ? part : code(part.name, longest))).join('') as Markdown
}

export function bold(content: Markdown): Markdown {
  return ours`**${content}**`
}

export function bullets(items: readonly Markdown[]): Markdown {
  return items.map(item => `- ${onLine(item)}`).join('\n') as Markdown
}

/** A fenced block; its fence is longer than any run of backticks inside. */
export function codeBlock(lines: readonly string[]): Markdown {
  const content = lines.map(line => shortBackticks(line.replace(/[\n\r]/gu, ' '))).join('\n')
  const fence = '`'.repeat(Math.max(3, longestRun(content) + 1))
  return `${fence}\n${content}\n${fence}` as Markdown
}

/** A folded part; GitHub renders Markdown inside only after an empty line. */
export function details(title: Markdown, body: Markdown, state: 'open' | 'closed' = 'closed'): Markdown {
  const tag = state === 'open' ? ours`<details open>` : ours`<details>`
  return ours`${tag}<summary>${title}</summary>\n\n${body}\n\n</details>`
}

/** A diagram, drawn by GitHub; no character of its text can end the block. */
export function diagram(source: Mermaid): Markdown {
  return `\`\`\`mermaid\n${source}\n\`\`\`` as Markdown
}

export interface Column {
  readonly title: Markdown
  readonly align?: 'left' | 'right'
}

/** A table whose rows and columns are those given, whatever the cells hold. */
export function table(columns: readonly Column[], rows: readonly (readonly Markdown[])[]): Markdown {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  // GitHub takes the backslash before a pipe away before it reads a cell's code.
  const cell = (content: Markdown | undefined) => onLine(content ?? NOTHING).replaceAll('|', '\\|')
  return [
    line(columns.map(({ title }) => cell(title))),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(row => line(columns.map((_, index) => cell(row[index]))))
  ].join('\n') as Markdown
}

// An empty comment parts a trigger from what it would link to, unseen and not copied.
const BREAK = '<!-- -->'

function entity(character: string): string {
  return `&#${character.codePointAt(0) ?? 32};`
}

function onLine(content: Markdown): string {
  return content.replace(/[\n\r]+/gu, ' ')
}

/** GitHub's parser knows no code span fenced by more than 80 backticks, and no block by more than 255. */
function shortBackticks(line: string): string {
  return line.replace(/`{17,}/gu, `${'`'.repeat(16)}…`)
}

function longestRun(content: string): number {
  return Math.max(0, ...(content.match(/`+/gu) ?? []).map(run => run.length))
}
