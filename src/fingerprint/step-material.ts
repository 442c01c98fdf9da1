import { posix } from 'node:path'
import { heredocsOf, readHeredoc } from '../dockerfile/heredoc'
import { contextName } from '../dockerfile/image-reference'
import { argumentsOf, flagValues, isJsonForm, keywordOf } from '../dockerfile/instruction-text'
import type { ReadingLine } from '../dockerfile/stage-draft'
import type { StepKind } from '../dockerfile/dockerfile'
import { splitFields } from '../dockerfile/words'
import { variablesIn } from './arguments'
import type { ContextRead } from './context-reads'
import type { StepMaterial } from './material'
import { cleanPath } from './path-patterns'

/** What a step's words are expanded with, and where the step stands. */
export interface StepSurroundings {
  readonly expand: (word: string) => { readonly text: string; readonly known: boolean }
  readonly valueOf: (name: string) => string | undefined
  /** Undefined where only the base image knows. */
  readonly workdir: string | undefined
  readonly user: string | undefined
  /** Named build contexts, as given and in Docker's short form. */
  readonly contexts: ReadonlySet<string>
  /** Names of stages. */
  readonly stages: ReadonlySet<string>
}

/** What a RUN, COPY, ADD or WORKDIR is made from, by what BuildKit takes into its key (dockerfile2llb/convert.go, convert_copy.go). */
export function stepMaterial(line: ReadingLine, keyword: StepKind, around: StepSurroundings): StepMaterial {
  const { instruction, reads } = line
  const common = {
    kind: 'step' as const,
    keyword,
    line: instruction.lines.start,
    written: heredocsOf(instruction).length > 0 ? instruction.source : instruction.text,
    stages: reads.map(({ stage }) => stage),
    bases: {}
  }
  if (keyword === 'RUN') return { ...common, ...runMaterial(line, around) }
  if (keyword === 'WORKDIR') return { ...common, ...workdirMaterial(line, around) }
  return { ...common, ...copyMaterial(line, around) }
}

type Specific = Pick<StepMaterial, 'effective' | 'names' | 'reads' | 'images' | 'opaque'>

function runMaterial({ instruction, reads }: ReadingLine, { expand, contexts, stages }: StepSurroundings): Specific {
  const mounts = flagValues(instruction, 'mount').map((value = '') => ({
    ...mountOf(expand(value).text),
    shown: mountOf(value).source
  }))
  const isStage = (from: string) => stages.has(from.toLowerCase()) && !isContext(from, contexts)
  const others = instruction.flags.filter(flag => !/^--mount=/.test(flag))
  const command = isJsonForm(instruction)
    ? argumentsOf(instruction)
    : heredocsOf(instruction).length > 0
      ? withoutFlags(instruction.source)
      : instruction.rest
  const fromOutside = mounts.filter(({ from }) => from !== '' && from !== 'scratch')
  const named = fromOutside.filter(({ from }) => isContext(from, contexts))
  return {
    // Ids and sharing of cache mounts are no part of the key (solver/llbsolver/ops/exec.go, CacheMap), nor is what a stage is called.
    effective: JSON.stringify([
      others,
      mounts.map(({ from, fields }) => fields.filter(field => !(isStage(from) && /^from=/i.test(field)))),
      command
    ]),
    names: variablesIn(flagValues(instruction, 'mount').join(' ')),
    reads: mounts
      .filter(({ type, from }) => type === 'bind' && from === '')
      .map(({ source, shown }) => ({ source: contextPath(source), shown, wildcards: false, exclude: [] })),
    images: reads.length < fromOutside.length ? fromOutside.flatMap(({ from }) => contextName(from) ?? []) : [],
    opaque: named.length > 0
  }
}

/** A heredoc's body may look like anything, so the text is taken as it is but for its flags, which count by themselves. */
function withoutFlags(source: string): string {
  return source.replace(/^\S+\s+/, '')
}

function mountOf(text: string) {
  const fields = splitFields(text).filter(field => field !== '')
  const value = (...names: readonly string[]) =>
    fields.find(field => names.includes(field.replace(/=.*/s, '').toLowerCase()))?.replace(/^[^=]*=?/, '') ?? ''
  const type = value('type') || 'bind'
  const counts = (field: string) => type !== 'cache' || !/^(?:id|sharing)=/i.test(field)
  return { type, from: value('from'), source: value('source', 'src'), fields: fields.filter(counts) }
}

function workdirMaterial({ instruction }: ReadingLine, { expand, workdir, user }: StepSurroundings): Specific {
  const path = expand(instruction.rest).text
  return {
    effective: JSON.stringify([posix.resolve('/', workdir ?? '?', path), user]),
    names: [...variablesIn(instruction.rest), ' WORKDIR', ' USER'],
    reads: [],
    images: [],
    opaque: false
  }
}

function copyMaterial({ instruction, reads: stages }: ReadingLine, around: StepSurroundings): Specific {
  const { expand, workdir, contexts, valueOf } = around
  const words = argumentsOf(instruction).map(word => ({ ...expand(word), shown: word }))
  const sources = words.slice(0, -1)
  const destination = words.at(-1)?.text ?? ''
  const excludes = flagValues(instruction, 'exclude').map(value => expand(value ?? ''))
  const flags = instruction.flags.map(flag => expand(flag).text)
  const from = flagValues(instruction, 'from').at(-1) ?? ''
  const documents = heredocsOf(instruction)
  const text = documents.length > 0 ? instruction.source : instruction.text
  const parents = flagValues(instruction, 'parents').some(value => value !== 'false')
  const paths = sources.filter(({ text: source }) => !readHeredoc(source))
  const remote = paths.filter(({ text: source }) => isRemote(source))
  const pinned = flagValues(instruction, 'checksum').length > 0
  const outside = from !== '' && stages.length === 0
  const isStage = stages.length > 0 && !isContext(from, contexts)
  const anyUnknown = [...sources, ...excludes].some(({ known }) => !known)
  return {
    effective: JSON.stringify([
      keywordOf(instruction),
      flags.filter(flag => !/^--parents=true$/.test(flag) && !(isStage && /^--from=/.test(flag))),
      sources.map(({ text: source }) => source),
      posix.resolve('/', workdir ?? '?', destination) + (/\/\.?$/.test(destination) ? '/' : ''),
      documents.length > 0 ? [instruction.source, variablesIn(text).map(name => valueOf(name) ?? null)] : null
    ]),
    names: [...variablesIn(text), ...(destination.startsWith('/') ? [] : [' WORKDIR'])],
    reads:
      from === ''
        ? paths
            .filter(source => source.known && !isRemote(source.text))
            .map(({ text: source, shown }) => ({
              ...readOf(
                source,
                parents,
                excludes.map(({ text: pattern }) => pattern)
              ),
              shown
            }))
        : [],
    images: outside && !isContext(from, contexts) && !/^\d+$/.test(from) ? [contextName(from) ?? from] : [],
    opaque: (remote.length > 0 && !pinned) || anyUnknown || (outside && isContext(from, contexts))
  }
}

/** Rules: convert_copy.go (dispatchCopy), the pivot `/./` of --parents among them. */
function readOf(source: string, parents: boolean, exclude: readonly string[]): Omit<ContextRead, 'shown'> {
  if (!parents) return { source: contextPath(source), wildcards: true, exclude }
  const pivot = source.indexOf('/./')
  const below = pivot < 0 ? source : source.slice(pivot + 3)
  return { source: pivot < 0 ? '' : contextPath(source.slice(0, pivot)), wildcards: true, include: contextPath(below), exclude }
}

/** From the context's root, however many `..` lead out of it. */
function contextPath(path: string): string {
  return cleanPath(`/${path}`).slice(1)
}

function isContext(name: string, contexts: ReadonlySet<string>): boolean {
  return contexts.has(name) || contexts.has(contextName(name) ?? name)
}

/** A URL or a Git repository (frontend/dockerfile/dfgitutil; a plain `github.com/…` counts as a repository too). */
function isRemote(source: string): boolean {
  return /^(?:https?|git|ssh):\/\//i.test(source) || /^git@[^/]+:/.test(source) || /^github\.com\/.+\/.+/.test(source)
}
