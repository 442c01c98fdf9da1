// A build as values: Dockerfile, files and arguments in, fingerprint and record out.
import { createHash } from 'node:crypto'
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile'
import type { Stage } from '../../src/dockerfile/dockerfile'
import { neededStages } from '../../src/dockerfile/stage-graph'
import type { RecordView } from '../../src/explain/changes'
import { contextTree } from '../../src/fingerprint/context-reads'
import { newPathMatcher, parseIgnoreFile } from '../../src/fingerprint/path-patterns'
import { emptyRecord } from '../../src/fingerprint/record'
import type { CacheRecord } from '../../src/fingerprint/record'
import { imageMark, sealMaterials } from '../../src/fingerprint/seal'
import type { Materials } from '../../src/fingerprint/seal'
import { selectFiles, treesOfFiles } from '../../src/fingerprint/taken-files'
import { traceStages } from '../../src/fingerprint/trace-stages'
import type { TreeEntry } from '../../src/host'

export interface Build {
  readonly dockerfile: string
  readonly files?: Readonly<Record<string, string>>
  readonly modes?: Readonly<Record<string, number>>
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly contexts?: readonly string[]
  readonly inputs?: Readonly<Record<string, string>>
  readonly images?: Readonly<Record<string, string>>
  readonly ignore?: string
  readonly platform?: string
}

/** A build with a bit of everything. */
export const build: Build = {
  dockerfile: `ARG TAG=3
FROM alpine:$TAG AS base
ARG MODE=fast
ENV LEVEL=$MODE OTHER=1
RUN one

FROM base AS deps
COPY package.json lock* ./
RUN install

FROM base AS tools
SHELL ["/bin/sh", "-c"]
RUN --mount=type=cache,id=x,target=/c fetch
COPY --chown=$MODE tool /tool

FROM deps
WORKDIR /app
COPY --from=tools /tool /tool
COPY src src
RUN --mount=type=bind,source=cfg,target=/cfg build
`,
  files: { 'package.json': '{}', 'lock.json': '1', tool: 't', 'src/a': 'a', 'src/b/c': 'c', 'cfg/x': 'x', unused: '' },
  images: { 'docker.io/library/alpine:3': 'sha256:1' }
}
/** With this text of its Dockerfile replaced. */
export const edited = (old: string, now: string): Partial<Build> => {
  if (!build.dockerfile.includes(old)) throw new Error(old)
  return { dockerfile: build.dockerfile.replace(old, now) }
}
/** With a file of this content. */
export const file = (path: string, text: string): Partial<Build> => ({ files: { ...build.files, [path]: text } })

export const key = 'the key of the record'

export function stagesOf({ dockerfile: text, buildArgs = {}, contexts = [], platform = 'linux/amd64' }: Build) {
  const options = { buildArgs, buildContexts: contexts, platform, buildPlatform: 'linux/amd64' }
  const { dockerfile, script, problems } = parseDockerfile(text, options)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return { dockerfile, script, needed: neededStages(dockerfile), settings: { ...options, targetName: '' } }
}

export function materialsOf(build: Build): Materials {
  const { script, needed, settings } = stagesOf(build)
  const stages = traceStages({ script, needed, settings, contexts: build.contexts ?? [], inputs: build.inputs ?? {} })
  const files = Object.entries(build.files ?? {})
  const directories = new Set(files.flatMap(([path]) => path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))))
  directories.delete('')
  const entries: TreeEntry[] = [
    ...[...directories].map(path => ({ path, kind: 'directory' as const, mode: build.modes?.[path] ?? 0o755 })),
    ...files.map(([path, text]) =>
      text.startsWith('-> ')
        ? { path, kind: 'link' as const, mode: 0o777, target: text.slice(3) }
        : { path, kind: 'file' as const, mode: build.modes?.[path] ?? 0o644 }
    )
  ]
  const ignored = newPathMatcher(parseIgnoreFile(build.ignore ?? ''))
  if (!ignored) throw new Error('the ignore file is refused')
  const digests = new Map(files.map(([path, text]) => [path, createHash('sha256').update(text).digest('base64url')]))
  const tree = contextTree(entries, ignored)
  return { stages, needed, files: treesOfFiles(stages, selectFiles(stages, tree), tree, digests) }
}

/** The record a build leaves when every stage was saved, each step in a second. */
export function recordOf(build: Build): CacheRecord {
  const now = sealMaterials(materialsOf(build), key)
  const { needed } = stagesOf(build)
  const platform = build.platform ?? 'linux/amd64'
  return {
    ...emptyRecord('acme/app', key),
    stages: Object.fromEntries(
      needed.map(stage => {
        const made = now.stages.get(stage.name)?.get(platform)
        if (!made) throw new Error(stage.name)
        const entry = {
          made,
          images: Object.fromEntries(imagesOf(build)),
          seconds: stage.steps.map(() => 1),
          saved: { registry: { id: `ref of ${stage.name}`, at: '2026-11-20T00:00:00.000Z', place: 'ghcr.io/acme/app' } }
        }
        return [stage.name, { [platform]: entry }]
      })
    ),
    trees: Object.fromEntries(now.trees)
  }
}

export function viewOf(before: Build, now: Build): RecordView {
  return { record: recordOf(before), now: sealMaterials(materialsOf(now), key), images: imagesOf(now) }
}

export function stageNamed(build: Build, name: string): Stage {
  const stage = stagesOf(build).needed.find(other => other.name === name)
  if (!stage) throw new Error(name)
  return stage
}

function imagesOf({ images = {} }: Build): ReadonlyMap<string, string> {
  return new Map(Object.entries(images).map(([name, digest]) => [imageMark(name, key), digest]))
}
