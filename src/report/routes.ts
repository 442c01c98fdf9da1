import type { RefResult, StageResult } from '../explain/stage-result'
import type { Backend } from '../reasons'
import { bytes } from './amounts'
import { group } from './group'
import type { BuildReport } from './report'
import { exportedWords } from './sentences'
import { joinWords, words, type Words } from './words'

/** Where a stage's cached steps were read from; says what was wrong where they were not. */
export function readFrom(report: Pick<BuildReport, 'imported' | 'broughtIn'>, stage: StageResult): Words {
  if (stage.steps.length === 0) return none
  if (stage.cached > 0) {
    const brought = report.broughtIn.find(({ stage: name }) => name === stage.name)
    const own = brought && stage.refs.find(({ ref }) => ref === brought.ref)
    if (own) return refWords(own.backend, own.ref)
    // One import serves all: a stage's steps come out of the target's ref.
    if (report.imported) return refWords(report.imported.backend, report.imported.ref)
    const held = stage.refs.find(({ imported }) => imported === 'yes')
    return held ? refWords(held.backend, held.readIn ?? held.ref) : words`the builder itself`
  }
  const failed = stage.refs.find(({ imported }) => imported === 'failed')
  if (failed) return words`⚠️ ${[failed.backend]} failed`
  return stage.refs.some(({ imported }) => imported === 'absent') ? words`nothing saved` : none
}

/** Where a stage was saved to, backends of one fate together. */
export function writtenTo(stage: StageResult): Words {
  const shown = group(stage.refs, exportedWords).filter(([{ exported }]) => exported !== 'not-asked')
  const parts = shown.map((refs): Words => {
    const [first] = refs
    if (first.exported === 'yes') return joinWords(refs.map(sizeWords), ', ')
    const fate = exportedWords(first)
    const sign = first.exported === 'failed' && !first.left ? '⚠️ ' : ''
    // One fate for all needs no names.
    return shown.length === 1 && sign === '' ? [fate] : [`${sign}${refs.map(({ backend }) => backend).join(', ')} ${fate}`]
  })
  return parts.length > 0 ? joinWords(parts, ', ') : none
}

const none: Words = ['–']

/** How large the ref is says little of what was uploaded: it lists the layers of all that the stage is made from, and most are there already. */
function sizeWords({ backend, bytes: size, newBytes }: RefResult): Words {
  if (size === undefined) return [backend]
  const [all, fresh] = [bytes(size), newBytes === 0 ? 'nothing' : newBytes === undefined ? undefined : bytes(newBytes)]
  const facts = fresh === undefined ? `${all} in all` : fresh === all ? `${all} new` : `${fresh} new of ${all}`
  return [`${backend} (${facts})`]
}

/** A ref short enough for a table: of a registry's only the tag. */
function refWords(backend: Backend, ref: string): Words {
  const tag = /:([^:/@]+)$/u.exec(ref)?.[1]
  return words`${[backend]} ${backend === 'registry' && tag !== undefined ? tag : ref}`
}
