import { execFileSync } from 'node:child_process'

test('a page shows each summary, needs no network and runs nothing', () => {
  const sections = [
    { title: 'cold <b>', markdown: '**0 of 5**\n\n| a |\n| --- |\n| `x|y` |' },
    { title: 'warm', markdown: '<details><summary>More</summary>\n\n- x\n\n</details>' }
  ]
  const program = `import { renderPage } from './scripts/render-page.mjs'; process.stdout.write(renderPage(${JSON.stringify(sections)}))`
  const page = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(page).toContain('<header>cold &lt;b&gt;</header>')
  expect(page).toContain('<strong>0 of 5</strong>')
  expect(page).toContain('<summary>More</summary>')
  expect(page).toContain("default-src 'none'")
  expect(page).not.toMatch(/https?:\/\/|<script|<link|@import/u)
})
