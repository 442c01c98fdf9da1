// docs/summary-light.png and -dark.png: the summary of the last job of ./try, as a browser shows it. Run ./try first.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openBrowser } from './browser.mjs'
import { openPage } from './look.mjs'
import { renderPage } from './render-page.mjs'

const root = resolve(import.meta.dirname, '..')
const page = join(root, 'out/screenshot.html')
const markdown = await readFile(join(root, 'out/last-summary.md'), 'utf8')
await writeFile(page, renderPage([{ title: 'Build summary', markdown }]))
const browser = await openBrowser()
try {
  for (const colorScheme of ['light', 'dark']) {
    const { page: shown } = await openPage(browser, page, { colorScheme, width: 1012 })
    await shown.locator('section').screenshot({ path: join(root, `docs/summary-${colorScheme}.png`) })
  }
} finally {
  await browser.close()
  await rm(page, { force: true })
}
