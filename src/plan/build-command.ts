import type { Inputs } from '../inputs'
import { formatCacheFrom } from './cache-attrs'
import type { CachePlace } from './cache-attrs'
import { flagArgv, optional, secretEnvironment, valued } from './flag-argv'
import { buildFlags } from './flags'
import type { BuildFlagRow } from './flags'

/** What to start docker with. The values of secrets are in `env` alone. */
export interface BuildCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface AnyBuild {
  readonly inputs: Inputs
  /** Name of the builder; empty for the one docker would use by itself. */
  readonly builder: string
}

/** False where the inputs say to build everything anew, so that no build of the job reads a planned ref. */
export function readsCache(inputs: Pick<Inputs, 'noCache' | 'rebuildCache'>): boolean {
  return !inputs.noCache && !inputs.rebuildCache
}

type InputName = BuildFlagRow['input']

export interface CommandShape {
  /** Flags that no input stands for. */
  readonly own: readonly string[]
  readonly takes: (row: BuildFlagRow) => boolean
  readonly env?: Readonly<Record<string, string>>
  /** What to give in the place of an input's own flags. */
  readonly instead: Partial<Readonly<Record<InputName, readonly string[]>>>
}

/** `docker buildx build` with the inputs' flags, as far as the shape takes them. */
export function buildCommand(build: AnyBuild, { own, takes, instead, env }: CommandShape): BuildCommand {
  const { inputs } = build
  const replaced: CommandShape['instead'] = { ...instead, builder: optional('--builder', build.builder) }
  const flags = buildFlags.flatMap(row => replaced[row.input] ?? (takes(row) ? flagArgv(row, inputs) : []))
  return {
    argv: ['buildx', 'build', '--progress=rawjson', ...own, ...flags, positional(inputs.context)],
    env: { ...env, ...secretEnvironment(inputs) }
  }
}

/** Flags that read a planned ref; none where the inputs say to read no cache. */
export function plannedImport({
  inputs,
  importRef
}: AnyBuild & { readonly importRef?: CachePlace | undefined }): readonly string[] {
  return importRef === undefined || !readsCache(inputs) ? [] : valued('--cache-from', formatCacheFrom(importRef))
}

/** The context is no flag's value: a directory `-x` is written `./-x`. (`-` alone, standard input, is refused with the inputs.) */
function positional(context: string): string {
  return context.startsWith('-') ? `./${context}` : context
}
