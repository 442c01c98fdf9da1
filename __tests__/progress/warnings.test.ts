import { readFileSync } from 'node:fs'
import { parseProgressLine } from '../../src/progress/status-lines'
import { readWarnings } from '../../src/progress/warnings'

test('checks of a real build, with their lines', () => {
  const lines = readFileSync('__tests__/fixtures/rawjson/shadowed/cold.jsonl', 'utf8').split('\n')
  const warnings = lines.flatMap(line => {
    const parsed = parseProgressLine(line)
    return parsed.kind === 'status' ? readWarnings(parsed.status) : []
  })
  expect(warnings).toContainEqual({
    name: 'DuplicateStageName',
    message: 'Duplicate stage name "app", stage names should be unique',
    url: 'https://docs.docker.com/go/dockerfile/rule/duplicate-stage-name/',
    start: 4,
    end: 4
  })
})

test('what is no check is left out', () => {
  const short = (text: string) => Buffer.from(text).toString('base64')
  const url = 'https://docs.docker.com/go/dockerfile/rule/x/'
  const range = [{ start: { line: 2 } }]
  expect(readWarnings({})).toEqual([])
  expect(
    readWarnings({
      warnings: [
        { vertex: 'a', short: short('FromAsCasing: two\nlines (line 2)'), url, range },
        { vertex: 'a', short: short('some other warning'), url, range },
        { vertex: 'a', short: short('FromAsCasing: no place'), url },
        { vertex: 'a', short: short('FromAsCasing: no rule'), range },
        { vertex: 'a' }
      ]
    })
  ).toEqual([{ name: 'FromAsCasing', message: 'two\nlines', url, start: 2, end: 2 }])
})
