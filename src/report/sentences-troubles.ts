import { isLostContent } from '../plan/lost-content'
import type { Degradation } from '../reasons'
import { fullDiskWords, isDiskFull, isNotUsable } from './disk-trouble'
import { networkTrouble, unwellServiceWords } from './network-trouble'
import { placeWords } from './places'
import { mountTroubles } from './sentences-mounts'
import { isForeign, permissionWords } from './sentences-permissions'
import { namesWords, words, type Words } from './words'

type Had = Pick<Degradation, 'code' | 'backend' | 'stage' | 'mount'>

/** What trouble there was, of one kind in one place: the stages or cache mounts that had it. */
export function troubleWords(same: readonly [Had, ...Had[]]): Words {
  const [{ code, backend }] = same
  const names = new Set(same.flatMap(({ stage, mount }) => stage ?? mount ?? []))
  return troubles[code].what(placeWords(backend), names.size > 0 ? namesWords([...names]) : words`a stage`, names.size > 1)
}

/** What to do about it. */
export function remedyWords(trouble: Said & Pick<Degradation, 'code'>): Words {
  return troubles[trouble.code].remedy(trouble)
}

type Said = Pick<Degradation, 'backend' | 'host' | 'why' | 'hadHit' | 'detail'>

interface Trouble {
  readonly what: (place: Words, stages: Words, several: boolean) => Words
  readonly remedy: (trouble: Said) => Words
}

const troubles: { readonly [code in Degradation['code']]: Trouble } = {
  'lookup-failed': {
    what: place => words`Could not look up what is saved in ${place}`,
    remedy: said => words`Steps may have run that did not have to. ${mayRead(said)}`
  },
  'restore-failed': {
    what: place => words`Could not restore ${place}`,
    remedy: ({ detail }) => words`The build went on without it. ${directoryWords(detail) ?? serviceWords(detail)}`
  },
  'save-failed': {
    what: place => words`Could not save ${place}`,
    remedy: ({ detail }) =>
      words`The next build starts from what was saved before. ${directoryWords(detail) ?? words`Check that ${'cache-dir'} can be written and the disk is not full, and that the job reaches its cache service.`}`
  },
  'local-cache-broken': {
    what: place => words`Did not use ${place}: it was damaged`,
    remedy: () =>
      words`Nothing to do where it was a cache that this job may write: what is built is saved into a new one. Anything else is left as it is: write another ${'cache-dir'}.`
  },
  'local-stage-lost': {
    what: (place, stages) => words`${stages}: gone or damaged in ${place}`,
    remedy: () => words`Nothing to do: what is missing of it is saved anew, with what is made from it.`
  },
  'record-failed': {
    what: () => words`Could not read or write the record of what was saved`,
    remedy: ({ detail }) =>
      words`The next build may find less than there is, or not know why it rebuilds. ${serviceWords(detail)}`
  },
  'export-failed': {
    what: (place, stages) => words`${stages}: not saved to ${place}`,
    remedy: mayWrite
  },
  'export-left': {
    what: (place, stages) => words`${stages}: not yet saved to ${place} when the job was cancelled`,
    remedy: () => words`The post step goes on with it, and says what became of it.`
  },
  'export-ran-steps': {
    what: (place, stages) => words`${stages}: steps ran while saving to ${place}`,
    remedy: ({ hadHit }) =>
      hadHit
        ? words`Nothing to do: their results were known, but no layers of them; now they are saved.`
        : words`Unless files of the context changed while the job ran this must not happen: please report it with the log of this job.`
  },
  'import-failed': {
    what: (place, stages) => words`Could not read the cache of ${stages} from ${place}`,
    remedy: said => words`Steps may have run that did not have to. ${mayRead(said)}`
  },
  'write-not-allowed': {
    what: place => words`This job may not write to ${place}`,
    remedy: ({ backend, host, why }) => words`What was built is not saved there. ${permissionWords(backend, why, host)}`
  },
  'bring-in-failed': {
    what: (place, stages) => words`${stages}: newer in ${place} than the rest, but could not be read`,
    remedy: said => words`What it would have saved was built again. ${mayRead(said)}`
  },
  'cache-service-missing': {
    what: () => words`This job has no cache service of GitHub`,
    remedy: () => words`Use ${'cache-backends: registry'} with ${'cache-image'}, or a runner that offers the service.`
  },
  ...mountTroubles
}

/** What to do where the disk or the directory is the cause. */
function directoryWords(detail: string): Words | undefined {
  if (isDiskFull(detail)) return fullDiskWords
  return isNotUsable(detail) ? words`Check that ${'cache-dir'} is a directory that the job may read and write.` : undefined
}

const service = words`Check that the job reaches its cache service and that its space is not used up; often the next run is fine.`

function serviceWords(detail: string): Words {
  return networkTrouble(detail) === 'unwell' ? unwellServiceWords : service
}

const registryTrouble: { readonly [trouble in 'unreachable' | 'unwell']: Words } = {
  unreachable: words`The registry could not be reached: check its name in ${'tags'} or ${'cache-image'}, that it runs, and that this runner reaches it; often the next run is fine.`,
  unwell: words`The registry answered that it is not well or has too much to do: often the next run is fine.`
}

const space = words`${fullDiskWords} Input ${'cache-stages'} leaves large stages out.`

function mayRead({ backend, host, detail }: Said): Words {
  if (isDiskFull(detail)) return space
  if (isLostContent(detail) && detail.includes('not found'))
    return words`A layer that it lists is gone: look for what deletes there. What is built again is saved anew.`
  const network = networkTrouble(detail)
  if (backend === 'registry' && network) return registryTrouble[network]
  if (backend === 'registry' && isForeign(host))
    return words`Check that the job logs in to ${host} before this step, and that this login may read there.`
  if (backend === 'registry')
    return words`Check that the job logs in before this step and has ${'packages: read'}, or what the registry asks for.`
  if (backend === 'local') return words`Check that ${'cache-dir'} can be read and the disk is not full.`
  return serviceWords(detail)
}

function mayWrite({ backend, host, detail }: Said): Words {
  if (isDiskFull(detail)) return space
  const network = networkTrouble(detail)
  if (backend === 'registry' && network) return registryTrouble[network]
  if (backend === 'registry' && isForeign(host))
    return words`Check that the job logs in to ${host} before this step, and that this login may write there.`
  if (backend === 'registry') {
    return words`Check that the job logs in before this step and has ${'packages: write'}, or what the registry asks for; pull requests from forks never have it.`
  }
  if (backend === 'local') return words`Check that ${'cache-dir'} can be written and the disk is not full.`
  return network === 'unwell' ? unwellServiceWords : service
}
