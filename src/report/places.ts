import type { Backend } from '../reasons'
import { words, type Words } from './words'

/** A backend as people call it. */
export function placeWords(backend: Backend | undefined): Words {
  return backend ? places[backend] : words`the cache`
}

const places: { readonly [backend in Backend]: Words } = {
  registry: words`the registry`,
  gha: words`GitHub’s cache`,
  local: words`the local directory`
}
