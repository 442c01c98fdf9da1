import { parseRecord, renderRecord } from '../../src/fingerprint/record'
import type { CacheRecord } from '../../src/fingerprint/record'

const record: CacheRecord = {
  version: 2,
  repository: 'acme/app',
  key: 'k',
  stages: {},
  trees: {},
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
  { description: 'another version', text: JSON.stringify({ ...record, version: 1 }), expected: undefined },
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
    '{"version":2,"repository":"acme/app"}',
    '{"version":2,"repository":"acme/app","key":"","refs":{},"stages":{},"trees":{}}',
    '{"version":2,"repository":"acme/app","key":"k","refs":null,"stages":{},"trees":{}}'
  ].map(text => ({
    description: `no record: ${text || 'empty'}`,
    text,
    expected: undefined
  }))
]

test.each(cases)('$description', ({ text, expected }) => {
  expect(parseRecord(text, 'acme/app')).toEqual(expected)
})
