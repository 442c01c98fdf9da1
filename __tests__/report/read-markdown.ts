import MarkdownIt from 'markdown-it'

// Tables, strikethrough, HTML and links without brackets, as GitHub has them.
const parser = new MarkdownIt({ html: true, linkify: true })
// GitHub makes no links of bare domains and of `//host`.
parser.linkify.set({ fuzzyLink: false }).add('//', null)

type Tokens = ReturnType<typeof parser.parse>

/** What a reader of GitHub's Markdown makes of a text, by a parser that is not ours. */
export function readMarkdown(source: string) {
  const tokens = parser.parse(source, {})
  const inline = tokens.flatMap(({ children }) => children ?? [])
  return {
    /** Every table: its rows, each cell as tokens; the header is the first row. */
    tables: tablesOf(tokens),
    html: [...tokens, ...inline].filter(({ type }) => type.startsWith('html_')).map(({ content }) => content.trim()),
    types: [...new Set([...tokens, ...inline].map(({ type }) => type))],
    /** Visible text outside of code, where mentions, references, emojis and bare links are looked for. */
    prose: inline.map(({ type, content }) => (type === 'text' ? content : '\n')),
    /** Content of inline code. */
    code: inline.filter(({ type }) => type === 'code_inline').map(({ content }) => content),
    blocks: tokens.filter(({ type }) => type === 'fence').map(({ content }) => content)
  }
}

function tablesOf(tokens: Tokens): string[][][] {
  const tables: string[][][] = []
  tokens.forEach(({ type }, place) => {
    if (type === 'table_open') tables.push([])
    if (type === 'tr_open') tables.at(-1)?.push([])
    if (type === 'th_open' || type === 'td_open')
      tables
        .at(-1)
        ?.at(-1)
        ?.push(tokens[place + 1]?.content ?? '')
  })
  return tables
}
