import type { Dockerfile, Stage } from '../../dockerfile/dockerfile'
import { heredocsOf } from '../../dockerfile/heredoc'
import { argumentsOf, flagValues, isJsonForm, keywordOf } from '../../dockerfile/instruction-text'
import { readLogicalLines, type LogicalLine } from '../../dockerfile/logical-lines'
import { groupStages } from '../../dockerfile/stage-lines'
import { splitAssignments, splitFields } from '../../dockerfile/words'
import type { StageResult } from '../stage-result'
import { parseShell, type Command } from './shell'

export interface CacheMount {
  readonly target: string
  readonly sharing: string
}

/** An instruction of a stage, with what this build made of it. */
export interface Instruction {
  readonly keyword: string
  readonly source: LogicalLine
  /** It ran in this build, on one platform at least. */
  readonly ran: boolean
  /** Over all platforms. */
  readonly seconds: number
  /** Of a RUN; empty where the script is not understood. */
  readonly commands: readonly Command[]
  readonly mounts: readonly CacheMount[]
  /** Home of who runs it; undefined where that is not known. */
  readonly home: string | undefined
  /** Directory it runs in; undefined where that is not known, empty for that of the base image. */
  readonly directory: string | undefined
  /** ENV of the stage and those it is FROM, as written. */
  readonly environment: ReadonlyMap<string, string>
}

/** A stage as it is written, and what this build made of it. */
export interface WrittenStage {
  readonly stage: Stage
  readonly from: LogicalLine
  readonly instructions: readonly Instruction[]
  readonly parent: WrittenStage | undefined
  /** The reference of the image at the bottom; empty where there is none. */
  readonly image: string
  /** A step of it ran in this build. */
  readonly ran: boolean
  readonly seconds: number
  /** Steps of the base image's own triggers that ran: they are not in the Dockerfile. */
  readonly foreignSteps: number
}

/** Puts the lines of the Dockerfile and what became of its steps together. Scripts in PowerShell or cmd are not read. */
export function readSource(text: string, dockerfile: Dockerfile, results: readonly StageResult[]): readonly WrittenStage[] {
  const lines = readLogicalLines(text)
  const written: WrittenStage[] = []
  for (const { index, from, body } of groupStages(lines.instructions).stages) {
    const stage = dockerfile.stages[index]
    if (stage === undefined) continue
    const parent = stage.base.kind === 'stage' ? written[stage.base.index] : undefined
    const steps = results.filter(result => result.index === index).flatMap(result => result.steps)
    const went = (start: number) => {
      const here = steps.filter(({ line, status }) => line === start && (status === 'ran' || status === 'failed'))
      return { ran: here.length > 0, seconds: here.reduce((sum, { seconds }) => sum + seconds, 0) }
    }
    const settings = settingsAfter(parent, stage)
    const instructions = body.map(source => {
      const instruction = {
        keyword: keywordOf(source),
        source,
        ...went(source.lines.start),
        commands: lines.escape === '\\' && settings.posix && keywordOf(source) === 'RUN' ? commandsOf(source) : [],
        mounts: cacheMountsOf(source),
        home: settings.home,
        directory: settings.directory,
        environment: new Map(settings.environment)
      }
      apply(settings, source)
      return instruction
    })
    const ran = steps.filter(({ status }) => status === 'ran' || status === 'failed')
    written[index] = {
      stage,
      from,
      instructions,
      parent,
      image: parent?.image ?? (stage.base.kind === 'image' ? stage.base.reference : ''),
      ran: ran.length > 0,
      seconds: ran.reduce((sum, { seconds }) => sum + seconds, 0),
      foreignSteps: ran.filter(({ line }) => line === from.lines.start).length
    }
    lastSettings.set(written[index], settings)
  }
  return written
}

/** The instructions of a stage with those of the stages it is FROM before them. */
export function withParents(stage: WrittenStage): readonly Instruction[] {
  return stage.parent === undefined ? stage.instructions : [...withParents(stage.parent), ...stage.instructions]
}

/** Last part of the image's name: `node` of `docker.io/library/node:22`. */
export function imageName(stage: WrittenStage): string {
  return (
    stage.image
      .replace(/@.*$/, '')
      .replace(/:[^/]*$/, '')
      .split('/')
      .at(-1) ?? ''
  )
}

/** An absolute path, from where an instruction stands. undefined where it cannot be told. */
export function resolvePath(path: string, directory: string | undefined): string | undefined {
  if (/[$`*?[]/.test(path)) return undefined
  if (!path.startsWith('/') && directory === undefined) return undefined
  const whole = path.startsWith('/') ? path : `${directory ?? ''}/${path}`
  const base = path.startsWith('/') || directory?.startsWith('/') ? '/' : ''
  const parts: string[] = []
  for (const part of whole.split('/')) {
    if (part === '..') {
      if (parts.length === 0 && base === '') return undefined
      parts.pop()
    } else if (part !== '' && part !== '.') parts.push(part)
  }
  return `${base}${parts.join('/')}`
}

interface Settings {
  home: string | undefined
  directory: string | undefined
  posix: boolean
  readonly environment: Map<string, string>
}

const lastSettings = new WeakMap<WrittenStage, Settings>()

/** Images of a user other than root, or of Windows. */
const otherUsers =
  /jupyter|bitnami|airflow|jenkins|\/ubi\d*\/(?!ubi)|\bs2i\b|gitpod|nonroot|rootless|selenium|circleci|cimg|linuxbrew|playwright/
const windows = /nanoserver|servercore|\/windows/

function settingsAfter(parent: WrittenStage | undefined, stage: Stage): Settings {
  const before = parent && lastSettings.get(parent)
  if (before) return { ...before, environment: new Map(before.environment) }
  const image = stage.base.kind === 'image' ? stage.base.reference : ''
  return {
    home: otherUsers.test(image) ? undefined : '/root',
    directory: '',
    posix: !windows.test(image),
    environment: new Map()
  }
}

function apply(settings: Settings, source: LogicalLine): void {
  const keyword = keywordOf(source)
  if (keyword === 'USER') settings.home = /^["']?(?:root|0)(?::\S*)?["']?$/.test(source.rest) ? '/root' : undefined
  if (keyword === 'SHELL') settings.posix = /\b(?:ba|da|a)?sh\b/.test(source.rest) && !/powershell|pwsh|cmd/i.test(source.rest)
  if (keyword === 'WORKDIR') settings.directory = resolvePath(source.rest.replace(/^(["'])(.*)\1$/, '$2'), settings.directory)
  if (keyword !== 'ENV') return
  const words = splitAssignments(source.rest, source.escape)
  const old = words[0] !== undefined && !words[0].includes('=')
  const pairs = old ? [`${words[0]}=${words.slice(1).join(' ')}`] : words
  for (const pair of pairs) {
    const name = pair.slice(0, pair.indexOf('='))
    settings.environment.set(name, pair.slice(pair.indexOf('=') + 1).replace(/^(["'])(.*)\1$/s, '$2'))
    if (name === 'HOME') settings.home = undefined
  }
}

function commandsOf(source: LogicalLine): readonly Command[] {
  if (isJsonForm(source)) {
    const words = argumentsOf({ ...source, keyword: 'COPY' })
    // Quoted, an exec form is the same words to a shell.
    return parseShell(words.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')) ?? []
  }
  if (!source.text.includes('<<')) return parseShell(source.rest) ?? []
  const heredocs = heredocsOf(source)
  if (heredocs.length === 0) return parseShell(source.rest) ?? []
  if (!/^<<-?\s*\S+$/.test(source.rest)) return parseShell(source.rest) ?? []
  const lines = source.source.split('\n')
  const body = lines.slice(lines.findIndex(line => line.includes('<<')) + 1, -1)
  const script = body.join('\n')
  if (/^#!(?!\S*\/(?:env +)?(?:ba|da|a)?sh\b)/.test(script) || script.includes('<<')) return []
  return parseShell(script) ?? []
}

function cacheMountsOf(source: LogicalLine): readonly CacheMount[] {
  if (keywordOf(source) !== 'RUN') return []
  return flagValues(source, 'mount').flatMap(value => {
    const fields = new Map(
      splitFields(value ?? '').map(field => {
        const equals = field.indexOf('=')
        return [field.slice(0, equals < 0 ? undefined : equals).toLowerCase(), equals < 0 ? '' : field.slice(equals + 1)]
      })
    )
    if (fields.get('type') !== 'cache') return []
    const target = fields.get('target') ?? fields.get('dst') ?? fields.get('destination') ?? ''
    return [{ target: target.replace(/(.)\/+$/, '$1'), sharing: fields.get('sharing') ?? 'shared' }]
  })
}
