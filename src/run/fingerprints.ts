import { messageOf } from '../errors'
import { contextTree } from '../fingerprint/context-reads'
import { newPathMatcher, parseIgnoreFile } from '../fingerprint/path-patterns'
import { imageMark, sealMaterials } from '../fingerprint/seal'
import type { Materials } from '../fingerprint/seal'
import { filesToDigest, selectFiles, treesOfFiles } from '../fingerprint/taken-files'
import { traceStages } from '../fingerprint/trace-stages'
import { isRemote } from '../plan/remote-context'
import type { RecordView } from '../explain/changes'
import type { CacheRecord } from '../fingerprint/record'
import type { Host } from '../host'
import type { Preparation } from './prepare'

/** What the build is made from, as it becomes known. */
export interface Fingerprints {
  /** What is known after so many seconds at most; undefined where it is not yet, cannot be known, or nobody wants to. Never rejects. */
  ready(seconds: number): Promise<Materials | undefined>
}

/** Starts reading and hashing what the stages take from the context. It goes on beside whatever else the job does. */
export function startFingerprints(host: Host, preparation: Preparation): Fingerprints {
  const started = host.clock.now()
  const found = preparation.inputs.explain
    ? readMaterials(host, preparation).then(
        materials => {
          host.log.debug(`The context was hashed ${(host.clock.now() - started) / 1000} s after the start`)
          return materials
        },
        (error: unknown) => {
          host.log.info(`What the stages are made from could not be read: ${messageOf(error)}`)
          return undefined
        }
      )
    : Promise.resolve(undefined)
  return {
    async ready(seconds) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<undefined>(resolve => (timer = setTimeout(resolve, seconds * 1000, undefined)))
      try {
        return await Promise.race([found, late])
      } finally {
        clearTimeout(timer)
      }
    }
  }
}

/** A record beside what the build is made from now. `images` are digests by the images' names, as far as they are known. */
export function viewOf(record: CacheRecord, materials: Materials, images: ReadonlyMap<string, string>): RecordView {
  return {
    record,
    now: sealMaterials(materials, record.key),
    images: new Map([...images].map(([reference, digest]) => [imageMark(reference, record.key), digest]))
  }
}

async function readMaterials(host: Host, preparation: Preparation): Promise<Materials> {
  const { inputs, plan, script, file, buildArgs } = preparation
  const needed = plan.stages.map(({ stage }) => stage)
  const stages = plan.platforms.flatMap(platform =>
    traceStages({
      script,
      needed,
      settings: { buildArgs, platform, buildPlatform: host.platform, targetName: plan.target.name },
      contexts: inputs.buildContexts.map(context => context.slice(0, context.indexOf('='))),
      inputs: keyInputs(preparation)
    })
  )
  const readsContext = stages.some(({ parts }) => parts.some(part => part.kind === 'step' && part.reads.length > 0))
  // What BuildKit fetches is not here to look at.
  if (!readsContext || isRemote(inputs.context)) return { stages, needed, files: { idOf: () => undefined, trees: new Map() } }

  // One beside the Dockerfile takes the place of the context's (docker/buildx build/opt.go, frontend/dockerui/context.go).
  const ignoreFile =
    (await host.files.read(`${file.path}.dockerignore`)) ?? (await host.files.read(`${inputs.context}/.dockerignore`)) ?? ''
  const ignored = newPathMatcher(parseIgnoreFile(ignoreFile))
  if (!ignored) throw new Error('.dockerignore has a pattern that BuildKit refuses')
  const entries = await host.contextFiles.tree(
    inputs.context,
    directory => !ignored.matches(directory) || ignored.mayExceptBelow(directory)
  )
  const tree = contextTree(entries, ignored)
  const selections = selectFiles(stages, tree)
  const digests = await host.contextFiles.digests(inputs.context, filesToDigest(selections, tree))
  return { stages, needed, files: treesOfFiles(stages, selections, tree, digests) }
}

/** Inputs that are part of the keys of RUN steps (solver/llbsolver/ops/exec.go); of an extra host only its name is. */
function keyInputs({ inputs }: Preparation): Readonly<Record<string, string>> {
  return {
    'add-hosts': inputs.addHosts.map(host => host.replace(/[:=].*$/, '')).join('\n'),
    'cgroup-parent': inputs.cgroupParent,
    network: inputs.network,
    'shm-size': inputs.shmSize,
    ulimit: inputs.ulimit.join('\n')
  }
}
