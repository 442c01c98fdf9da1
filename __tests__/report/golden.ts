import { readFileSync, writeFileSync } from 'node:fs'

/** Compares with the file in __tests__/golden; `UPDATE_GOLDEN=1` writes it instead, to be read in the diff. */
export function expectGolden(name: string, actual: string): void {
  const path = `__tests__/golden/${name}`
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, actual)
  expect(actual).toBe(readFileSync(path, 'utf8'))
}
