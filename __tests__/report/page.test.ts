import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'

test('diagrams are drawn by the script that came with the page, and no other runs', () => {
  const page = pageOf([{ title: 'x', markdown: '```mermaid\nflowchart LR\n a["<script>alert(1)</script>"]\n```' }])
  const [, script = ''] = /<script>([\s\S]*)<\/script>/u.exec(page) ?? []
  expect(page).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  expect(page).toContain('<div class="diagram">flowchart LR\n a[&quot;&lt;script&gt;')
  expect(page.match(/<script/gu)?.length).toBe(1 + (script.match(/<script/gu)?.length ?? 0))
})

test('a page shows each summary, needs no network and runs nothing', () => {
  const sections = [
    { title: 'cold <b>', markdown: '**0 of 5**\n\n| a |\n| --- |\n| `x|y` |' },
    { title: 'warm', markdown: '<details><summary>More</summary>\n\n- x\n\n</details>' }
  ]
  const page = pageOf(sections)
  expect(page).toContain('<header>cold &lt;b&gt;</header>')
  expect(page).toContain('<strong>0 of 5</strong>')
  expect(page).toContain('<summary>More</summary>')
  expect(page).toContain("default-src 'none'")
  expect(page).not.toMatch(/https?:\/\/|<script|<link|@import/u)
})

function pageOf(sections: readonly { readonly title: string; readonly markdown: string }[]): string {
  const program = `import { renderPage } from './scripts/render-page.mjs'; process.stdout.write(renderPage(${JSON.stringify(sections)}))`
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', maxBuffer: 32 * 1024 * 1024 })
}
