// Jobs, each on a machine of its own, between which the local directory travels through a cache service.
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalSave } from '../../src/handover'
import type { ActionsCache } from '../../src/actions-cache'
import type { FoundRef } from '../../src/plan/coverage'
import { candidateRefs, findLocal } from '../../src/run/local-candidates'
import { promoteLocalCache, stageLocalCache } from '../../src/run/local-cache'
import { restoreImports } from '../../src/run/local-restore'
import { saveLocalCache } from '../../src/run/local-save'
import { newTestHost } from '../helpers/host'
import type { TestHost } from '../helpers/host'
import { contentOf, exportTo } from '../helpers/local-layouts'
import type { Content } from '../helpers/local-layouts'
import { diamond, planOf, refOf } from '../helpers/plans'

export const plan = planOf(diamond, { backends: ['registry', 'local'] })
export const stages = ['base', 'deps', 'tools', 'final']
const tag = (stage: string) => refOf(plan, stage, 'local').name
export const web = { base: ['os'], deps: ['os', 'pip'], tools: ['os', 'gcc'], final: ['os', 'pip', 'gcc', 'app'] }

/** Gives every test of the file a cache service, and jobs that use it. */
export function prepareTravel() {
  let folder: string
  let service: Service
  let hosts: TestHost[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'local-travel-'))
    service = newService(join(folder, 'service'))
  })
  afterEach(async () => {
    await Promise.all(hosts.map(host => host.remove()))
    hosts = []
    await rm(folder, { recursive: true })
  })

  /** One job on a machine of its own: what it finds, and what it saves of what it exports. */
  async function newJob({ directory = join(folder, 'cache'), fresh = true } = {}) {
    if (fresh) await rm(directory, { recursive: true, force: true })
    const host = await newTestHost({ actionsCache: service })
    hosts.push(host)
    const staging = join(folder, 'staging')
    let gone: readonly string[] = []
    return {
      host,
      directory,
      async restore(others: readonly FoundRef[] = []) {
        const candidates = await findLocal(host, plan, { directory, names: ['local-all'], mayRepair: true })
        const found = [...others, ...candidateRefs(plan, candidates)]
        const request = {
          plan,
          directory,
          candidates,
          rebuilt: new Set<string>(),
          staging,
          beforeStaging: () => undefined,
          mayRepair: true
        }
        const restored = await restoreImports(host, found, request)
        gone = restored.gone
        return {
          stays: candidates.stays,
          found: restored.found.filter(({ ref }) => ref.backend === 'local').map(({ ref }) => ref.stage),
          troubles: [...candidates.troubles, ...restored.troubles].map(({ code, stage, detail }) => [
            stage ?? code,
            detail.replace(/#\w+-\w+/, '')
          ]),
          content: await content(directory)
        }
      },
      async save(written: Readonly<Record<string, readonly string[]>>, among: readonly string[] = stages) {
        await stageLocalCache(host.files, directory, staging)
        await exportTo(
          staging,
          Object.fromEntries(Object.entries(written).map(([stage, layers]) => [tag(stage), layers.map(layer)]))
        )
        await promoteLocalCache(host.files, staging, directory, new Set(Object.keys(written).map(tag)), () => true)
        const save: LocalSave = {
          directory,
          names: ['local-all'],
          gone,
          stages: among.map(stage => ({
            stage,
            entries: `layers-${stage}`,
            ...(stage in written ? { written: tag(stage) } : {})
          }))
        }
        const before = service.keys.length
        const { failures } = await saveLocalCache(host, save)
        return { made: names(service.keys.slice(before)), failures }
      }
    }
  }

  return { folder: () => folder, service: () => service, newJob, saved: async (what: Content) => (await newJob()).save(what) }
}

interface Service extends ActionsCache {
  /** Keys in the order they were saved. */
  readonly keys: string[]
  /** Keys that were asked for, as prefixes are. */
  readonly asked: string[]
  readonly contents: string
  /** Message of the error to throw for a key. */
  fault: (what: 'restore' | 'save', key: string, seconds: number) => string | undefined
}

/** A cache service of which keys and faults are ours; that the client's own is used right is for the end-to-end tests. */
function newService(contents: string): Service {
  const keys: string[] = []
  const asked: string[] = []
  const one: Service = {
    available: true,
    keys,
    asked,
    contents,
    fault: () => undefined,
    find: () => Promise.resolve(undefined),
    async restore(path, key, _others, seconds) {
      asked.push(key)
      const fault = one.fault('restore', key, seconds)
      if (fault !== undefined) throw new Error(fault)
      const found = keys.findLast(saved => saved.startsWith(key))
      if (found !== undefined) await cp(join(contents, encodeURIComponent(found)), path, { recursive: true })
      return found
    },
    async save(path, key, seconds) {
      const fault = one.fault('save', key, seconds)
      if (fault !== undefined) throw new Error(fault)
      await mkdir(contents, { recursive: true })
      await cp(path, join(contents, encodeURIComponent(key)), { recursive: true })
      keys.push(key)
    }
  }
  return one
}

/** Without what tells directories apart. */
export const names = (keys: readonly string[]) => keys.map(key => key.replace(/(_[0-9a-f]{8})?#.*$/, '')).sort()

/** A layer's text, which is more than its ref's list of steps. */
export const layer = (name: string) => name.padEnd(5000, '.')

/** What the directory holds, by stage. */
export async function content(directory: string): Promise<Content> {
  const all = await contentOf(directory).catch(() => ({}))
  return Object.fromEntries(
    Object.entries(all).map(([name, layers]) => [
      stages.find(stage => tag(stage) === name) ?? name,
      layers.map(text => text.replace(/\.+$/, ''))
    ])
  )
}

/** Name of a layer's file. */
export function digestOf(name: string): string {
  return createHash('sha256').update(layer(name)).digest('hex')
}
