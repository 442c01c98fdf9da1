// Job summaries as one page that opens without a network: Markdown as GitHub reads it, in GitHub's looks, light and dark.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import MarkdownIt from 'markdown-it'

/** @param {{ title: string, markdown: string }[]} sections @returns {string} */
export function renderPage(sections) {
  const markdown = new MarkdownIt({ html: true, linkify: false })
  const escape = markdown.utils.escapeHtml
  const fence = markdown.renderer.rules.fence
  markdown.renderer.rules.fence = (tokens, index, ...others) =>
    tokens[index].info.trim() === 'mermaid'
      ? `<div class="diagram">${escape(tokens[index].content)}</div>`
      : fence(tokens, index, ...others)
  const parts = sections.map(
    ({ title, markdown: source }) =>
      `<section><header>${escape(title)}</header><article>${scrollable(markdown.render(source))}</article></section>`
  )
  const body = parts.join('\n')
  return page(body, body.includes('<div class="diagram">') ? drawing() : '')
}

/** Wide tables scroll by themselves instead of widening the page. */
function scrollable(html) {
  return html.replaceAll('<table>', '<div class="wide"><table>').replaceAll('</table>', '</table></div>')
}

/** Mermaid itself, and what GitHub does with it: strict, in the theme of the page. */
function drawing() {
  const library = readFileSync(resolve(import.meta.dirname, '../node_modules/mermaid/dist/mermaid.min.js'), 'utf8')
  return `${library.replaceAll('</script', '<\\/script')}
mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'default' })
mermaid.run({ querySelector: '.diagram' }).catch(() => undefined).finally(() => { document.body.dataset.drawn = 'yes' })`
}

/** Nothing runs but the script given here, whatever the summaries hold. */
function page(body, script) {
  const allowed = script === '' ? '' : `; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${allowed}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Stage Cache Build: job summaries</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Job summaries</h1>
${body}
</main>
${script === '' ? '' : `<script>${script}</script>`}
</body>
</html>
`
}

const style = `
:root { --page: #f6f8fa; --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --code: #818b981f; --stripe: #f6f8fa; --block: #f6f8fa }
@media (prefers-color-scheme: dark) {
  :root { --page: #010409; --paper: #0d1117; --ink: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --code: #656c7633; --stripe: #151b23; --block: #151b23 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji" }
main { max-width: 1280px; margin: 0 auto; padding: 24px 16px 48px }
h1 { font-size: 24px; font-weight: 600; margin: 0 0 16px }
section { margin-bottom: 24px; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); overflow: hidden }
header { padding: 10px 16px; border-bottom: 1px solid var(--line); color: var(--quiet); font-size: 14px; font-weight: 600; background: var(--stripe) }
article { padding: 20px 24px 8px; overflow-wrap: anywhere }
article h3 { font-size: 20px; font-weight: 600; line-height: 1.25; margin: 24px 0 16px }
article p, article ul, article pre, article details, .wide { margin: 0 0 16px }
article ul { padding-left: 2em }
article li + li { margin-top: .25em }
code, pre { font: 85%/1.45 ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace }
code { padding: .2em .4em; border-radius: 6px; background: var(--code); white-space: break-spaces }
pre { padding: 16px; border-radius: 6px; background: var(--block); overflow: auto }
pre code { padding: 0; background: none; white-space: pre; font-size: 100% }
.wide { overflow-x: auto }
table { border-collapse: collapse; overflow-wrap: normal }
th, td { padding: 6px 13px; border: 1px solid var(--line) }
th { font-weight: 600 }
tbody tr:nth-child(2n) { background: var(--stripe) }
summary { cursor: pointer }
.diagram { margin: 0 0 16px; text-align: center; white-space: pre-wrap }
.diagram[data-processed] { white-space: normal }
details[open] > summary { margin-bottom: 8px }
`
