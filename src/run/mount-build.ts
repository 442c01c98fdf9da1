import { lastLine } from '../errors'
import type { Host } from '../host'
import { mountBuildArgv, mountDirectory, type BuiltMount } from '../plan/mount-builds'
import { runBuild } from './build'
import type { Cancellation } from './cancellation'

export interface MountBuildRequest {
  readonly builder: string
  readonly platforms: readonly string[]
  readonly buildArgs: Readonly<Record<string, string>>
  readonly mounts: readonly BuiltMount[]
  /** Images to try in turn until one has what the scripts need. */
  readonly images: readonly string[]
  readonly dockerfile: (image: string) => string
  /** Directory with the archives; an empty one where nothing is to be filled. */
  readonly context: string
  /** When it is stopped, in milliseconds since the epoch. */
  readonly deadline: number
}

/** What the scripts left, one directory for each mount, or why there is nothing. */
export type MountBuildOutcome = { readonly directories: readonly string[] } | { readonly failure: string }

/** Builds with one image after the other until one has a shell and tar. Never throws for what docker says. */
export async function runMountBuild(
  host: Host,
  cancellation: Cancellation,
  request: MountBuildRequest
): Promise<MountBuildOutcome> {
  const { files, clock } = host
  let failure = 'no image to unpack with: input cache-mounts-image is empty'
  for (const image of request.images) {
    const directory = await files.makeTemporary('mounts-')
    const [file, output] = [`${directory}/Dockerfile`, `${directory}/out`]
    await files.write(file, request.dockerfile(image))
    const left = (request.deadline - clock.now()) / 1000
    if (left <= 0) return { failure: 'not done in time' }
    const { builder, buildArgs, context, platforms } = request
    const [platform = ''] = platforms.length === 1 ? platforms : []
    const command = mountBuildArgv(request.mounts, { builder, platform, buildArgs, context, file, output })
    const run = await runBuild(host, cancellation, command, { live: false, timeoutSeconds: left })
    if (cancellation.requested()) return { failure: 'the job was cancelled' }
    if (run.timedOut) return { failure: 'not done in time' }
    const directories = request.mounts.map((_, position) => `${output}/${mountDirectory(position)}`)
    const lacksTar = run.exitCode === 0 && (await statusIn(host, directories[0] ?? '')) === 'no-tar'
    if (run.exitCode === 0 && !lacksTar) return { directories }
    failure = lacksTar ? `${image} has no tar` : lastLine(run.text)
    host.log.debug(`Cache mounts cannot be reached from ${image}: ${failure}`)
  }
  return { failure }
}

/** First line of what a script says of its mount. */
export async function statusIn(host: Host, directory: string): Promise<string> {
  return ((await host.files.read(`${directory}/status`)) ?? '').trim()
}
