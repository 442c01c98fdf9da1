import { bytes, count, seconds } from '../../src/report/amounts'
import { plain } from '../../src/report/words'

test.each([
  [0, '0.0 s'], [0.04, '0.0 s'], [3.21, '3.2 s'], [9.94, '9.9 s'], [9.96, '10 s'], [59.4, '59 s'], [59.6, '1 min 0 s'], [125, '2 min 5 s'],
  [3599.7, '1 h 0 min'], [3845, '1 h 4 min'], [-1, '0.0 s'], [NaN, '0.0 s']
])('%d seconds', (amount, expected) => expect(plain([seconds(amount)])).toBe(expected)) // prettier-ignore

test.each([
  [0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [9_940, '9.9 kB'], [9_960, '10 kB'], [999_600, '1.0 MB'], [207_618_048, '208 MB'], [5e9, '5.0 GB'],
  [5e15, '5000 TB']
])('%d bytes', (amount, expected) => expect(plain([bytes(amount)])).toBe(expected)) // prettier-ignore

test.each([
  [0, '0 steps'],
  [1, '1 step'],
  [2, '2 steps']
])('%d of a thing', (amount, expected) => expect(count(amount, 'step')).toBe(expected))
