import type { CacheRef } from '../../src/plan/cache-plan'
import type { FoundRef } from '../../src/plan/coverage'
import { ghaRefs, refsToRead } from '../../src/run/gha-refs'
import type { WrittenRef } from '../../src/run/gha-refs'
import type { Preparation } from '../../src/run/prepare'
import { diamond, dockerfileOf, planOf, refOf } from '../helpers/plans'
import { inputsWith } from '../inputs/fixture'

const at = '2026-11-20T00:00:00.000Z'
const plan = planOf(diamond, { backends: ['gha'] })
const preparationWith = (inputs = {}) =>
  ({ plan, dockerfile: dockerfileOf(diamond), inputs: inputsWith(inputs) }) as unknown as Preparation
const [base, deps, tools, final] = ['base', 'deps', 'tools', 'final'].map(stage => refOf(plan, stage, 'gha')) as [
  CacheRef,
  CacheRef,
  CacheRef,
  CacheRef
]
const wrote = (id: string, layers?: readonly string[], lacks = false): WrittenRef => ({
  id,
  ...(layers ? { list: { id, layers: new Map(layers.map(layer => [layer, 1])), ...(lacks ? { lacks } : {}) } } : {})
})
const found = (ref: CacheRef, id: string, blobs?: readonly string[], held = {}): FoundRef => ({
  ref,
  id,
  held,
  ...(blobs ? { blobs: new Set(blobs) } : {})
})

/** Names of the stages that the target's ref is remembered to hold. */
function heldBy(own: WrittenRef, others: readonly FoundRef[], more: readonly (readonly [CacheRef, WrittenRef])[] = []) {
  const written = new Map([[final, own], ...more])
  const { [final.name]: entry } = ghaRefs(preparationWith(), { found: others }, written, [], at)
  expect(entry).toMatchObject({ id: own.id, at })
  return Object.keys(entry?.held ?? {}).map(name => [base, deps, tools].find(ref => ref.name === name)?.stage)
}

describe('a ref that was written holds', () => {
  test('of those written with it the ones whose layers its list names', () => {
    const more = [
      [base, wrote('b', ['1'])],
      [deps, wrote('d', ['1', '2'])],
      [tools, wrote('t', ['1', '3'])]
    ] as const
    expect(heldBy(wrote('f', ['1', '2', '4']), [], more)).toEqual(['base', 'deps'])
    // BuildKit wrote it, and nobody knows what it names.
    expect(heldBy(wrote('f'), [], more)).toEqual(['base', 'deps', 'tools'])
  })

  test('of those that were there what the one before held, and else what its list names', () => {
    const before = found(final, 'f0', undefined, { [base.name]: 'b' })
    const others = [before, found(base, 'b'), found(deps, 'd', ['1', '2']), found(tools, 't')]
    expect(heldBy(wrote('f', ['1', '2', '4']), others)).toEqual(['base', 'deps'])
    // What was brought in may be known in it by its key alone.
    expect(heldBy(wrote('f', ['1', '4']), others)).toEqual(['base'])
  })

  test('nothing of the one before that it lacks', () => {
    const before = found(final, 'f0', undefined, { [base.name]: 'b', [tools.name]: 't' })
    const others = [before, found(base, 'b', ['1']), found(tools, 't')]
    expect(heldBy(wrote('f', ['1', '4'], true), others)).toEqual(['base'])
  })

  test('nothing but its own stage with mode=min', () => {
    const written = new Map([[final, wrote('f', ['1'])]])
    const min = preparationWith({ 'cache-mode': 'min' })
    expect(ghaRefs(min, { found: [found(base, 'b', ['1'])] }, written, [], at)[final.name]?.held).toEqual({})
  })
})

test('lists are read of what was brought in, and not of what the ref before held', () => {
  const before = found(final, 'f0', undefined, { [base.name]: 'b' })
  const others = [before, found(base, 'b'), found(deps, 'd', ['1', '2']), found(tools, 't')]
  const toRead = (own: WrittenRef) => refsToRead(preparationWith(), { found: others }, new Map([[final, own]]))
  expect(toRead(wrote('f', ['1']))).toEqual([tools])
  expect(toRead(wrote('f'))).toEqual([])
  const read = [found(tools, 't', ['1', '3'])]
  const held = (layers: readonly string[]) =>
    ghaRefs(preparationWith(), { found: others }, new Map([[final, wrote('f', layers)]]), read, at)[final.name]?.held
  expect(held(['1', '3'])).toEqual({ [base.name]: 'b', [tools.name]: 't' })
  expect(held(['1'])).toEqual({ [base.name]: 'b' })
})
