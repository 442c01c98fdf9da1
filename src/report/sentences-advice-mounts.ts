import type { AptMountFault } from '../explain/advice/advice'
import type { Sentences } from './sentences-advice'
import { joinWords, words, type Words } from './words'

type MountRule = 'defeated-cache-mount' | 'apt-cache-mount' | 'no-cache-mount'

/** What the rules about cache mounts say. */
export const mountSentences: { readonly [Rule in MountRule]: Sentences<Rule> } = {
  'defeated-cache-mount': {
    title: 'A cache mount that keeps nothing',
    why: ({ by, target }) => words`${by} leaves nothing to keep in the cache mount ${target}.`,
    fix: ({ by }) => words`Remove ${by}: what is in a cache mount is no part of the image.`
  },
  'apt-cache-mount': {
    title: 'Cache mounts for apt are not complete',
    why: ({ missing }) =>
      joinWords(
        missing.map(fault => aptFaults[fault].why),
        ' '
      ),
    fix: ({ missing }) =>
      joinWords(
        missing.map(fault => aptFaults[fault].fix),
        ' '
      )
  },
  'no-cache-mount': {
    title: 'Packages are downloaded anew',
    why: ({ manager, kept }) =>
      kept
        ? words`When this step runs again, ${manager} downloads every package again, the unchanged ones too.`
        : words`When this step runs again, ${manager} downloads every package again. A cache mount helps where the builder is kept, or where this action keeps its content between jobs, which here it was asked not to.`,
    fix: ({ manager, targets, set, dropped }) => {
      const locked = manager === 'apt' ? ',sharing=locked' : ''
      const mounts = targets.map(target => `--mount=type=cache,target=${target}${locked}`).join(' ')
      return [
        ...words`Write ${`RUN ${mounts}`}`,
        ...(set === undefined ? [] : words` and set ${set}`),
        ...(dropped.length === 0 ? [] : words`, without ${dropped.join(', ')}`),
        ...(manager === 'apt' ? aptRest : []),
        '.',
        ...(readAgain.has(manager) ? words` Later steps that use the packages need the same mount.` : [])
      ]
    }
  }
}

const aptFaults: { readonly [fault in AptMountFault]: { readonly why: Words; readonly fix: Words } } = {
  locked: {
    why: words`Two stages that install at the same time fight for apt's lock.`,
    fix: words`Add ${'sharing=locked'} to the mounts.`
  },
  '/var/cache/apt': {
    why: words`Packages themselves are kept in ${'/var/cache/apt'}, which is not mounted.`,
    fix: words`Add ${'--mount=type=cache,target=/var/cache/apt,sharing=locked'}.`
  },
  '/var/lib/apt': {
    why: words`Package lists are kept in ${'/var/lib/apt'}, which is not mounted.`,
    fix: words`Add ${'--mount=type=cache,target=/var/lib/apt,sharing=locked'}.`
  },
  'docker-clean': {
    why: words`Images of Debian and Ubuntu have ${'/etc/apt/apt.conf.d/docker-clean'}, by which apt deletes each package once it is installed.`,
    fix: words`Delete that file before the install: ${'rm -f /etc/apt/apt.conf.d/docker-clean'}.`
  }
}

const aptRest = words`, delete ${'/etc/apt/apt.conf.d/docker-clean'} before the install, and leave ${'/var/lib/apt/lists'} alone after it`
const readAgain = new Set(['go', 'cargo', 'maven', 'gradle', 'nuget'])
