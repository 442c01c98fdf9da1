import { dirname } from 'node:path'
import { lastLine } from '../errors'
import type { Host } from '../host'
import type { CacheRef } from '../plan/cache-plan'
import { basedMountArgv, mountBuildArgv } from '../plan/mount-argv'
import { isMountStep, mountDirectory, type BuiltMount } from '../plan/mount-builds'
import { withStages } from '../plan/own-dockerfile'
import { stepsRunHere } from '../progress/build-state'
import type { VertexTable } from '../progress/vertices'
import { isDiskFull } from '../report/disk-trouble'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'
import { writeDockerfile } from './own-dockerfile'
import type { Preparation } from './prepare'

export interface MountBuildRequest {
  readonly builder: string
  readonly preparation: Pick<Preparation, 'inputs' | 'buildArgs' | 'file'>
  /** The main build's import: mounts with `from` start from what it holds. */
  readonly importRef: CacheRef | undefined
  readonly mounts: readonly BuiltMount[]
  /** Images to try in turn until one has what the scripts need. */
  readonly images: readonly string[]
  readonly dockerfile: (image: string) => string
  /** Directory with the archives; an empty one where nothing is to be filled. */
  readonly context: string
  /** When it is stopped, in milliseconds since the epoch. */
  readonly deadline: number
}

/** A disk with fewer bytes left is full. */
const fullBytes = 1 << 20

/** What the scripts left, one directory for each mount, or why there is nothing; `ranSteps` where what a mount starts from was not cached. */
export type MountBuildOutcome =
  { readonly directories: readonly string[] } | { readonly failure: string; readonly ranSteps?: true }

/** Builds with one image after the other until one has a shell and tar. Never throws for what docker says. */
export async function runMountBuild(
  host: Host,
  cancellation: Cancellation,
  request: MountBuildRequest
): Promise<MountBuildOutcome> {
  const { files, clock } = host
  const { builder, context, mounts, preparation } = request
  const isBased = mounts.some(({ base }) => base)
  let failure = 'no image to unpack with: input cache-mounts-image is empty'
  for (const image of request.images) {
    const output = `${await files.makeTemporary('mounts-')}/out`
    const file = isBased
      ? await writeDockerfile(host, preparation.file.path, withStages(preparation.file.text, request.dockerfile(image)))
      : `${await files.makeTemporary('mounts-')}/Dockerfile`
    if (!isBased) await files.write(file, request.dockerfile(image))
    const left = (request.deadline - clock.now()) / 1000
    if (left <= 0) return { failure: 'not done in time' }
    const { inputs, buildArgs } = preparation
    const [platform = ''] = inputs.platforms.length === 1 ? inputs.platforms : []
    const places = { builder, platform, buildArgs, context, file, output }
    const command = isBased
      ? basedMountArgv(mounts, places, { inputs, importRef: request.importRef })
      : mountBuildArgv(mounts, places)
    const run = await runBuild(host, cancellation, command, {
      live: false,
      timeoutSeconds: left,
      ...(isBased ? { stopWhen: ranUserStep } : {})
    })
    const directories = request.mounts.map((_, position) => `${output}/${mountDirectory(position)}`)
    const lacksTar = run.exitCode === 0 && (await statusIn(host, directories[0] ?? '')) === 'no-tar'
    const isFull = run.exitCode !== 0 && (await files.free(dirname(output))) < fullBytes
    // Archives that came in part would fill the disk that stages are exported on.
    if (run.exitCode !== 0) await files.remove(output)
    if (isBased && (run.stopped || ranUserStep(run.table)))
      return { failure: 'what it starts from is not cached', ranSteps: true }
    if (cancellation.requested()) return { failure: 'the job was cancelled' }
    if (run.timedOut) return { failure: 'not done in time' }
    if (run.exitCode === 0 && !lacksTar) return { directories }
    // All that buildx says of its own full disk is "EOF".
    failure = lacksTar ? `${image} has no tar` : isFull ? 'no space left on device' : lastLine(run.text)
    // Another image finds no more space, and its own trouble would hide this one.
    if (isDiskFull(failure)) return { failure }
    host.log.debug(`Cache mounts cannot be reached from ${image}: ${failure}`)
  }
  return { failure }
}

function ranUserStep(table: VertexTable): boolean {
  return stepsRunHere(table).some(({ name }) => !isMountStep(name))
}

/** First line of what a script says of its mount. */
export async function statusIn(host: Host, directory: string): Promise<string> {
  return ((await host.files.read(`${directory}/status`)) ?? '').trim()
}
