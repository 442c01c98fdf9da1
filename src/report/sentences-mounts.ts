import type { Degradation, MountRestored, MountSaved } from '../reasons'
import { fullDiskWords, isDiskFull } from './disk-trouble'
import { networkTrouble, unwellServiceWords } from './network-trouble'
import { words, type Words } from './words'

/** Troubles with cache mounts: what it is, and what to do about it. */
export const mountTroubles: {
  readonly [code in Extract<Degradation['code'], `mount-${string}`>]: {
    readonly what: (place: Words, mounts: Words, several: boolean) => Words
    readonly remedy: (trouble: Pick<Degradation, 'backend' | 'detail'>) => Words
  }
} = {
  'mount-restore-failed': {
    what: (_, mounts, several) => words`${mountWords(several)} ${mounts} could not be restored`,
    remedy: trouble => {
      const lost = words`A step that ran had to fetch what it would have held.`
      const cause = causeWords(trouble)
      return cause ? words`${lost} ${cause}` : lost
    }
  },
  'mount-save-failed': {
    what: (_, mounts, several) => words`${mountWords(several)} ${mounts} could not be saved`,
    remedy: trouble => words`The next job starts from what was saved before. ${causeWords(trouble) ?? checkService}`
  },
  'mount-too-large': {
    what: (_, mounts, several) =>
      words`${mountWords(several)} ${mounts} ${[several ? 'were' : 'was']} not saved: ${[several ? 'they are' : 'it is']} too large`,
    remedy: () => words`Raise ${'cache-mounts-max-size'}, or have the step clear away what it no longer needs.`
  }
}

function mountWords(several: boolean): Words {
  return several ? words`Cache mounts` : words`Cache mount`
}

const checkService = words`Check that the job reaches its cache service and the disk is not full; where no base image has ${'tar'}, name one with ${'cache-mounts-image'}.`

/** What to do about trouble whose cause its detail tells. */
function causeWords({ backend, detail }: Pick<Degradation, 'backend' | 'detail'>): Words | undefined {
  if (isDiskFull(detail)) return fullDiskWords
  // A build that fills or packs one may fail of a registry.
  return backend === 'gha' && networkTrouble(detail) === 'unwell' ? unwellServiceWords : undefined
}

/** Whether a mount was filled before the build. */
export const mountRestoredWords: { readonly [restored in MountRestored]: string } = {
  yes: 'restored',
  'in-builder': 'in the builder already',
  absent: 'nothing saved',
  'not-needed': 'not needed',
  failed: 'failed',
  emptied: 'emptied, as asked',
  'starts-anew': 'new: what it starts from changed',
  'base-rebuilt': 'new: what it starts from is rebuilt',
  'base-unsure': 'new: what it starts from may be rebuilt',
  left: 'not kept: only BuildKit knows what it is called or starts from'
}

/** Whether it was saved after it. */
export const mountSavedWords: { readonly [saved in MountSaved]: string } = {
  yes: 'saved',
  unchanged: 'unchanged',
  empty: 'empty',
  'too-large': 'too large',
  failed: 'failed',
  'not-allowed': 'not allowed',
  'not-asked': '–',
  'not-used': 'not used',
  stopped: 'not saved: its step was stopped',
  kept: 'the one before stays',
  cancelled: 'not saved before the job was cancelled'
}
