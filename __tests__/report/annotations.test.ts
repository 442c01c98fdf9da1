import fc from 'fast-check'
import { rules } from '../../src/explain/advice/rules'
import { adviceSection } from '../../src/report/advice-section'
import { renderAnnotations } from '../../src/report/annotations'
import { renderSummary } from '../../src/report/summary'
import { readFileSync } from 'node:fs'
import { adviceWith } from './advice-samples'
import { expectGolden } from './golden'
import { hostileText } from './hostile'
import { readMarkdown } from './read-markdown'
import { reportOf } from './samples'

const samples = adviceWith('NAME')

test('every rule has a sample here and an entry in the docs', () => {
  const named = Object.keys(rules).sort()
  expect([...new Set(samples.map(({ rule }) => rule))].sort()).toEqual(named)
  const headings = [...readFileSync('docs/advice.md', 'utf8').matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)
  expect(headings.sort()).toEqual(named)
})

test('annotations as people read them', () => {
  const lines = renderAnnotations(samples, 'warning').map(
    ({ level, title, file, startLine, endLine, message }) =>
      `${level} ${file ?? '-'}:${startLine}-${endLine} ${title}\n  ${message}\n`
  )
  expectGolden('advice.annotations.txt', lines.join('\n'))
})

test('the level asked for is the highest', () => {
  expect(new Set(renderAnnotations(samples, 'warning').map(({ level }) => level))).toEqual(new Set(['warning', 'notice']))
  expect(new Set(renderAnnotations(samples, 'notice').map(({ level }) => level))).toEqual(new Set(['notice']))
})

test('the section folds, has the rows it may have, and is nothing without advice', () => {
  expect(adviceSection([], 10)).toBe('')
  expect(adviceSection(samples, 0)).toBe(`${samples.length} pieces of advice on the Dockerfile`)
  const shown = adviceSection(samples, 3)
  expect(shown.match(/^- /gm)).toHaveLength(4)
  expect(shown).toContain(`… and ${samples.length - 3} more.`)
})

test('text of a Dockerfile is data', () => {
  fc.assert(
    fc.property(hostileText, text => {
      const advice = adviceWith(text)
      for (const { title, message } of renderAnnotations(advice, 'warning')) {
        // eslint-disable-next-line no-control-regex
        expect(`${title}${message}`).not.toMatch(/[\u0000-\u001f\u007f\u2028\u202e]/u)
      }
      const read = readMarkdown(renderSummary(reportOf([], { advice })))
      expect(
        read.html.filter(html => !['<details><summary>', '</summary>', '</details>', '<br>'].some(tag => html.includes(tag)))
      ).toEqual([])
      expect(read.types.filter(type => /link|image|heading|blockquote|^hr$/u.test(type))).toEqual([])
      for (const node of read.prose) expect(node).not.toMatch(/@\w|#\d|:\/\/|www\.|:\w+:/u)
    }),
    { numRuns: 60 }
  )
})
