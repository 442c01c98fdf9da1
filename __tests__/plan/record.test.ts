import { parseRecord, renderRecord } from '../../src/plan/record'
import type { CacheRecord } from '../../src/plan/record'

const record: CacheRecord = {
  version: 1,
  repository: 'acme/app',
  refs: {
    'cache-base': { id: '1', at: '2026-11-20T00:00:00.000Z', held: {} },
    'cache-final': { id: '2', at: '2026-11-20T00:00:00.000Z', held: { 'cache-base': '1' } }
  }
}
const base = record.refs['cache-base']

const cases: readonly { description: string; text: string; expected: CacheRecord | undefined }[] = [
  { description: 'what was rendered', text: renderRecord(record), expected: record },
  { description: 'no refs', text: renderRecord({ ...record, refs: {} }), expected: { ...record, refs: {} } },
  { description: 'another repository', text: renderRecord({ ...record, repository: 'acme/other' }), expected: undefined },
  { description: 'another version', text: JSON.stringify({ ...record, version: 2 }), expected: undefined },
  {
    description: 'refs of another shape are left out',
    text: JSON.stringify({
      ...record,
      refs: {
        a: base,
        b: null,
        c: 'x',
        d: { id: 1, at: '', held: {} },
        e: { id: 'e', at: '' },
        f: { id: 'f', at: '', held: null }
      }
    }),
    expected: { ...record, refs: base ? { a: base } : {} }
  },
  ...[
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"version":1,"repository":"acme/app"}',
    '{"version":1,"repository":"acme/app","refs":null}'
  ].map(text => ({
    description: `no record: ${text || 'empty'}`,
    text,
    expected: undefined
  }))
]

test.each(cases)('$description', ({ text, expected }) => {
  expect(parseRecord(text, 'acme/app')).toEqual(expected)
})
