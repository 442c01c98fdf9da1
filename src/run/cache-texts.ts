import type { Backend } from '../reasons'
import { ghaTexts } from './gha-texts'
import { localTexts } from './local-texts'
import { registryTexts } from './registry-texts'
import type { TextBackend } from './text-backend'

export const cacheTexts: Readonly<Record<Backend, TextBackend>> = { registry: registryTexts, local: localTexts, gha: ghaTexts }
