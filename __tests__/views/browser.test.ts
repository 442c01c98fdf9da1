import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openBrowser } from '../../scripts/browser.mjs'
import { look, openPage } from '../../scripts/look.mjs'
import { renderPage } from '../../scripts/render-page.mjs'
import { oneLine } from '../../src/report/plain'
import type { BuildReport } from '../../src/report/report'
import { renderSummary } from '../../src/report/summary'
import { builds } from '../report/builds'
import { pieces } from '../report/hostile'
import { reportOf, stageOf } from '../report/samples'

let browser: Browser
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'views-'))
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
})

const schemes = ['light', 'dark'] as const
const readable = 4.5

async function show(reports: Readonly<Record<string, BuildReport>>, colorScheme: 'light' | 'dark') {
  const file = join(folder, 'page.html')
  await writeFile(
    file,
    renderPage(Object.entries(reports).map(([title, report]) => ({ title, markdown: renderSummary(report) })))
  )
  const { page, errors } = await openPage(browser, file, { colorScheme })
  const seen = await look(page)
  await page.close()
  return { ...seen, errors }
}

describe.each(schemes)('in a browser, %s', scheme => {
  test('every build: diagrams are drawn, all text can be read, nothing is wider than its place', async () => {
    const seen = await show(builds, scheme)
    expect(seen.errors).toEqual([])
    const graphs = Object.values(builds).filter(({ stages }) => new Set(stages.map(({ index }) => index)).size > 1)
    expect(seen.diagrams).toHaveLength(graphs.length)
    expect(seen.diagrams.map(({ drawn }) => drawn)).toEqual(graphs.map(() => true))
    const texts = seen.diagrams.flatMap(({ nodes, edges }) => [...nodes, ...edges])
    expect(texts.length).toBeGreaterThan(40)
    expect(texts.filter(({ text, contrast }) => text === '' || !(contrast >= readable))).toEqual([])
    expect(seen.tooWide).toEqual([])
    expect(seen.text).toContain('Why it was rebuilt')
  }, 60_000)

  test('a code edit: the stages, what ran, and why on the edges', async () => {
    const edit = builds['edit']
    if (!edit) throw new Error('no such build')
    const [graph] = (await show({ edit }, scheme)).diagrams
    expect(graph?.nodes.map(({ text }) => text.replace(/\s+/gu, ' ')).toSorted()).toEqual([
      'COPY . .',
      'base no steps',
      'builder partial 3/5 · 35 s',
      'node-deps hit 3/3',
      'python-deps hit 2/2',
      'runtime partial 2/3 · 13 s'
    ])
    expect(graph?.edges.map(({ text }) => text).toSorted()).toEqual(['rebuilt', 'src/app.ts changed; src/`new`|.ts appeared'])
    expect(graph?.arrows).toBe(7)
  }, 60_000)

  test('200 stages, all of which ran, each copying from ten others', async () => {
    const stages = Array.from({ length: 200 }, (_, index) => stageOf(index, `stage-${index}`, 'crr'))
    const edges = stages.flatMap((_, reader) =>
      Array.from({ length: Math.min(10, reader) }, (__, back) => ({ reader, read: reader - 1 - back, kind: 'copy' as const }))
    )
    const report = reportOf(stages, { edges })
    expect(Buffer.byteLength(renderSummary(report))).toBeLessThan(1024 * 1024)
    const seen = await show({ report }, scheme)
    expect(seen.diagrams.map(({ drawn }) => drawn)).toEqual([true])
    expect(seen.diagrams[0]?.nodes.length).toBeGreaterThanOrEqual(15)
    expect(seen.tooWide).toEqual([])
  }, 60_000)
})

test('text of others in a diagram is what it is: no markup, no link, no directive, no end of a label', async () => {
  const commands = [...pieces, 'click s0 "http://evil.example"', 'click s0 call alert(1)', '%%{init: {"theme": "forest"}}%%', 'end', 'subgraph x',
    'style s0 fill:#fff', '"]:::hit', '$$x^2$$', 'fa:fa-ban', '1. one', '`**x**`', 'javascript:alert(1)', '#quot;', '#35;', 'a"]; s9["b'] // prettier-ignore
  const wanted = commands.map(command => oneLine(command, 40)).filter(command => command !== '')
  // A cause for each: eight of them are drawn in one graph.
  const reports = Array.from({ length: Math.ceil(wanted.length / 8) }, (_, part) => {
    const stages = wanted
      .slice(part * 8, part * 8 + 8)
      .map((command, index) =>
        stageOf(index, command, 'r', { steps: [{ number: 2, command, line: 1, status: 'ran', seconds: 1 }], seconds: 1 })
      )
    return [String(part), reportOf([...stages, stageOf(8, 'last', 'c')])] as const
  })
  const seen = await show(Object.fromEntries(reports), 'light')
  expect(seen.errors).toEqual([])
  expect([seen.links, seen.scripts]).toEqual([0, 0])
  expect(seen.diagrams.map(({ drawn }) => drawn)).toEqual(reports.map(() => true))
  const plainText = (text: string) => text.replace(/[\s\u200b]+/gu, '')
  for (const [part, { nodes, edges, arrows }] of seen.diagrams.entries()) {
    const commandsHere = wanted.slice(part * 8, part * 8 + 8)
    const texts = nodes.map(({ text }) => plainText(text))
    expect(texts.filter(text => text.endsWith('rebuilt0/1·1.0s')).toSorted()).toEqual(
      commandsHere.map(command => `${plainText(command)}rebuilt0/1·1.0s`).toSorted()
    )
    for (const command of commandsHere) expect(texts).toContain(plainText(command))
    expect(nodes).toHaveLength(commandsHere.length * 2 + 1)
    expect([edges.length, arrows]).toEqual([commandsHere.length, commandsHere.length * 2])
  }
})
