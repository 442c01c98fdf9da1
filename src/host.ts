import type { ActionsCache, SavedTexts } from './actions-cache'
import type { ArchiveDifferences } from './archives'
import type { BuildKitEntries } from './buildkit-entries'

/**
 * The outside world as one interface. src/io makes the real one; tests make their own.
 * Nothing here knows of Docker caching.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the machine the job runs on, as BuildKit writes it: `linux/amd64`. */
  readonly platform: string
  readonly log: Log
  readonly clock: Clock
  readonly files: Files
  readonly contextFiles: ContextFiles
  readonly archiveDifferences: ArchiveDifferences
  readonly exec: Exec
  readonly actionsCache: ActionsCache
  readonly savedTexts: SavedTexts
  readonly buildkitEntries: BuildKitEntries
  readonly artifacts: Artifacts
  readonly registry: Registry
  readonly tools: Tools
  readonly workflow: Workflow
}

/** The job log. Text is data: it can never become a workflow command. */
export interface Log {
  info(text: string): void
  debug(text: string): void
  /** Annotations of the job. */
  warning(text: string): void
  group(title: string): void
  endGroup(): void
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds spent waiting for docker, registries and the cache service since the start. */
  waited(): number
}

export interface Files {
  /** Text of a file, or undefined where there is none. */
  read(path: string): Promise<string | undefined>
  write(path: string, text: string): Promise<void>
  exists(path: string): Promise<boolean>
  /** Names in a directory; empty where there is none. */
  list(path: string): Promise<readonly string[]>
  size(path: string): Promise<number | undefined>
  /** Bytes that are left to this user on the disk of a path that is there. */
  free(path: string): Promise<number>
  /** When a file was last written, in milliseconds since the epoch; undefined where there is none. */
  modified(path: string): Promise<number | undefined>
  remove(path: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  /** A fresh private directory under the runner's temporary one. */
  makeTemporary(prefix: string): Promise<string>
  /** Hard link, or a copy where the file system has none. */
  link(from: string, to: string): Promise<void>
  /** A file that reads as so many zeros and takes no room. */
  makeHole(path: string, bytes: number): Promise<void>
  /** Rename; across file systems a copy beside the target and then a rename. */
  move(from: string, to: string): Promise<void>
  /** Makes a file; false where there is one already. */
  createExclusive(path: string, text: string): Promise<boolean>
  /** SHA-256 of a file's bytes, hexadecimal. */
  sha256(path: string): Promise<string>
}

/** One thing in a directory tree. */
export interface TreeEntry {
  /** Relative to the root, `/` between its parts. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** Permission bits, with setuid, setgid and sticky. */
  readonly mode: number
  /** Where a link leads, as written in it. */
  readonly target?: string
}

/** Reading of a build context of any size beside other work. Links are never followed. */
export interface ContextFiles {
  /** All that is below the root, in no order; `enters` says which directories to look into. Throws where a directory cannot be read. */
  tree(root: string, enters: (path: string) => boolean): Promise<readonly TreeEntry[]>
  /** SHA-256 of files by path; those that cannot be read are left out. */
  digests(root: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>>
}

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly onStdout?: (text: string) => void
  /** Called with whole lines, without their line ends. */
  readonly onStderrLine?: (line: string) => void
  readonly timeoutSeconds?: number
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  /** The last 64 KiB. */
  readonly stderr: string
  readonly timedOut: boolean
}

export interface RunningProcess {
  readonly result: Promise<ExecResult>
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void
}

export interface Exec {
  /** Starts a program without a shell. The promise resolves whatever the exit code; it rejects when the program cannot be started. */
  start(program: string, argv: readonly string[], options?: ExecOptions): RunningProcess
  /** Calls back at the first SIGINT or SIGTERM this process gets, and at every later one; the process lives on. */
  onSignal(callback: (name: 'SIGINT' | 'SIGTERM') => void): void
}

/** What a run of a workflow leaves for people to download. */
export interface Artifacts {
  /** Whether this job has a service for them. */
  readonly available: boolean
  /** Uploads a file as it is, under its name. Gives the artifact's number in the run's URLs; throws where it was not taken. Without `retentionDays` it is kept as long as the repository says. */
  upload(path: string, options: { readonly retentionDays?: number | undefined; readonly timeoutSeconds: number }): Promise<number>
}

export interface RegistryManifest {
  /** `sha256:…` of the manifest's bytes. */
  readonly digest: string
  readonly text: string
}

export interface Registry {
  /** A manifest by `host/repository:tag` or `@digest`; undefined where the registry says there is none. Throws otherwise. */
  manifest(reference: string, timeoutSeconds: number): Promise<RegistryManifest | undefined>
  /** What `host/repository:tag` stands for now, `sha256:…`, without its text; undefined where the registry does not tell. Throws otherwise. */
  digest(reference: string, timeoutSeconds: number): Promise<string | undefined>
  /** A small blob's text. Throws when it cannot be had. */
  blob(repository: string, digest: string, timeoutSeconds: number): Promise<string>
  /** Puts a small blob into a repository. Throws when the registry does not take it. */
  pushBlob(repository: string, blob: { readonly digest: string; readonly text: string }, timeoutSeconds: number): Promise<void>
  /** Puts a manifest under `host/repository:tag`; gives its digest. Throws when the registry does not take it. */
  pushManifest(
    reference: string,
    manifest: { readonly mediaType: string; readonly text: string },
    timeoutSeconds: number
  ): Promise<string>
}

/** Programs that the job has to fetch first, and the runner's cache of them. */
export interface Tools {
  /** Path of a program in the runner's tool cache; undefined where it is not there. */
  find(name: string, version: string, program: string): Promise<string | undefined>
  /** Puts a program into the tool cache and gives its path there. */
  keep(path: string, name: string, version: string, program: string): Promise<string>
  /** Fetches a program into the tool cache and gives its path. Throws where it cannot be had. */
  download(url: string, name: string, version: string, program: string, timeoutSeconds: number): Promise<string>
  /** A small text. Throws where it cannot be had. */
  text(url: string, timeoutSeconds: number): Promise<string>
  /** Puts a program in the place of another, which may be running. */
  install(from: string, to: string): Promise<void>
}

/** Command files and job commands. */
export interface Workflow {
  input(name: string): string
  setOutput(name: string, value: string): void
  saveState(name: string, value: string): void
  state(name: string): string
  appendSummary(markdown: string): Promise<void>
  mask(secret: string): void
  /** Shows a message at lines of a file; `file` is relative to the workspace. */
  annotate(annotation: {
    readonly level: 'warning' | 'notice'
    readonly title: string
    readonly message: string
    readonly file?: string
    readonly startLine: number
    readonly endLine: number
  }): void
}
