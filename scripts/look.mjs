// Opens a page of summaries in a real browser and tells what a person would see of it.
import { pathToFileURL } from 'node:url'

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} file the page
 * @param {{ colorScheme: 'light' | 'dark', width?: number }} options
 */
export async function openPage(browser, file, { colorScheme, width = 1012 }) {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, deviceScaleFactor: 1.5 })
  const errors = []
  page.on('pageerror', error => errors.push(error.message))
  await page.goto(pathToFileURL(file).href)
  if (await page.locator('.diagram').count())
    await page.waitForSelector('body[data-drawn]', { timeout: 60_000, state: 'attached' })
  return { page, errors }
}

/**
 * Of a page: its diagrams with every text in them and its contrast, parts that are wider than their place, and links.
 * @param {import('playwright-core').Page} page
 */
export function look(page) {
  return page.evaluate(() => {
    const rgba = text => {
      const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number)
      return text === 'none' || text === 'transparent' ? [0, 0, 0, 0] : [r, g, b, a]
    }
    const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1]
    // WCAG 2.2, relative luminance and contrast ratio.
    const luminance = color =>
      [0.2126, 0.7152, 0.0722].reduce((sum, weight, index) => {
        const part = color[index] / 255
        return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
      }, 0)
    const contrast = (a, b) => {
      const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
      return Math.round(((light + 0.05) / (dark + 0.05)) * 100) / 100
    }
    const paper = rgba(getComputedStyle(document.querySelector('section') ?? document.body).backgroundColor)
    const behind = (element, stop) => {
      const layers = []
      for (let at = element; at && at !== stop; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor))
      return layers.reverse().reduce((below, layer) => over(layer, below), paper)
    }
    const textOf = element => element.innerText?.trim() ?? element.textContent?.trim() ?? ''
    const nodeOf = node => {
      const label = node.querySelector('.nodeLabel')
      const shape = node.querySelector('rect, path, polygon')
      const fill = shape ? over(rgba(getComputedStyle(shape).fill), paper) : paper
      return { text: textOf(label), contrast: contrast(rgba(getComputedStyle(label.querySelector('p') ?? label).color), fill) }
    }
    const edgeOf = label => {
      const text = label.querySelector('p') ?? label
      return { text: textOf(label), contrast: contrast(rgba(getComputedStyle(text).color), behind(text, label.closest('svg'))) }
    }
    const diagrams = [...document.querySelectorAll('.diagram')].map(diagram => ({
      drawn: diagram.querySelector('svg') !== null && !diagram.querySelector('.error-icon, [aria-roledescription="error"]'),
      nodes: [...diagram.querySelectorAll('.node')].map(nodeOf),
      edges: [...diagram.querySelectorAll('span.edgeLabel')].filter(label => textOf(label) !== '').map(edgeOf),
      arrows: diagram.querySelectorAll('.edgePaths path').length,
      width: diagram.querySelector('svg')?.getBoundingClientRect().width ?? 0
    }))
    for (const details of document.querySelectorAll('details')) details.open = true
    const tooWide = [...document.querySelectorAll('.wide, article, pre')]
      .filter(element => element.scrollWidth > element.clientWidth + 1)
      .map(
        element =>
          `${element.tagName} ${element.scrollWidth} > ${element.clientWidth}: ${element.textContent.trim().slice(0, 80)}`
      )
    const pageTooWide = document.documentElement.scrollWidth > document.documentElement.clientWidth
    return {
      diagrams,
      tooWide: [...tooWide, ...(pageTooWide ? ['the page'] : [])],
      links: [...document.querySelectorAll('a, area')].length,
      scripts: document.querySelectorAll('article script, article iframe, article object').length,
      text: document.body.innerText
    }
  })
}
