// When stages are saved, as far as it makes a difference here.
import { theTestBed } from '../../testbed/where.mjs'

/** Values of cache-export: the test bed's own BuildKit is too old to save beside a build, where `eager` comes to the same as `after`. */
export const savings = theTestBed().engine === 'own' ? ['eager'] : ['after', 'eager']

/** Every backend with each of them; `after` once in any case. */
export const savingCases = [
  { backend: 'registry', saving: 'after' },
  { backend: 'registry', saving: 'eager' },
  ...['gha', 'local'].flatMap(backend => savings.map(saving => ({ backend, saving })))
]
