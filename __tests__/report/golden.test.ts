import { renderLogTable } from '../../src/report/log-table'
import { renderOutputs } from '../../src/report/outputs'
import { renderSummary } from '../../src/report/summary'
import { builds } from './builds'
import { expectGolden } from './golden'

describe.each(Object.entries(builds))('views of a build: %s', (name, report) => {
  test('summary', () => expectGolden(`${name}.summary.md`, renderSummary(report)))
  test('log table', () => expectGolden(`${name}.log.txt`, `${renderLogTable(report)}\n`))
  test('outputs', () => {
    const outputs = renderOutputs(report)
    const stages: unknown = JSON.parse(outputs['stages'] ?? '')
    expectGolden(`${name}.outputs.json`, `${JSON.stringify({ ...outputs, stages }, null, 2)}\n`)
  })
})
