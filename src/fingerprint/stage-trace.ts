import { posix } from 'node:path'
import type { BuildSettings } from '../dockerfile/global-arguments'
import type { Expand } from '../dockerfile/cache-mount'
import { keywordOf } from '../dockerfile/instruction-text'
import type { LogicalLine } from '../dockerfile/logical-lines'
import type { Script } from '../dockerfile/parse-dockerfile'
import { expandWord } from '../dockerfile/shell-words'
import { isStepKind } from '../dockerfile/stage-draft'
import { splitAssignments } from '../dockerfile/words'
import { WordError } from '../dockerfile/word-error'
import { argumentSetting, given, isGiven, nameOf, variablesIn, withSources } from './arguments'
import type { Globals } from './arguments'
import type { SettingMaterial, StageMaterial } from './material'
import { stepMaterial } from './step-material'

export type StageLine = Script['stages'][number]['body'][number]

/** Goes through one stage line by line, with what the stage it is FROM left. */
export class StageTrace {
  readonly parts: StageMaterial['parts'][number][] = []
  private readonly env: Map<string, string>
  private readonly imageEnv: Map<string, { readonly setting: SettingMaterial; readonly written: string }>
  private readonly sources: Map<string, readonly string[]>
  /** Variables whose values are made of others that only the base image may set. */
  private readonly unsure: Set<string>
  private workdir: string | undefined
  private user: string | undefined

  constructor(
    private readonly globals: Globals,
    private readonly settings: BuildSettings,
    private readonly contexts: ReadonlySet<string>,
    private readonly stages: ReadonlySet<string>,
    from: StageTrace | Readonly<Record<string, string>>,
    private readonly onStep: (line: StageLine, expand: Expand) => void
  ) {
    const parent = from instanceof StageTrace ? from : undefined
    this.env = new Map(parent?.env)
    this.imageEnv = new Map(parent?.imageEnv)
    this.sources = new Map(parent?.sources)
    this.unsure = new Set(parent?.unsure)
    this.workdir = parent?.workdir
    this.user = parent?.user
    if (parent) {
      // A stage sets anew what its parent's image has, in that order: so an ENV comes back into force where an ARG had hidden it.
      const image = new Set<unknown>(Array.from(parent.imageEnv.values(), ({ setting }) => setting))
      this.parts.push(...parent.parts.filter(part => part.kind === 'setting' && !image.has(part)))
      for (const { setting, written } of parent.imageEnv.values()) this.set(setting, written)
    } else {
      for (const [name, value] of Object.entries(from as Readonly<Record<string, string>>)) {
        this.parts.push({ kind: 'setting', name: ` ${name}`, by: 'input', value, line: 0, given: false, of: [] })
      }
    }
  }

  take(line: StageLine): void {
    const { instruction } = line
    const keyword = keywordOf(instruction)
    if (isStepKind(keyword)) {
      const around = {
        expand: (word: string) => this.expand(word, instruction.escape),
        valueOf: (name: string) => this.env.get(name),
        workdir: this.workdir,
        user: this.user,
        contexts: this.contexts,
        stages: this.stages
      }
      const step = stepMaterial(line, keyword, around)
      // What a variable was made from may be what changed it.
      this.parts.push({ ...step, names: withSources(step.names, this.sources) })
      this.onStep(line, word => {
        const { text, known } = around.expand(word)
        return { text, known: known && !variablesIn(word).some(name => this.unsure.has(name)) }
      })
    }
    switch (keyword) {
      case 'ARG':
        for (const word of splitAssignments(instruction.rest, instruction.escape)) this.takeArgument(word, instruction)
        break
      case 'ENV':
        this.takeEnvironment(instruction)
        break
      case 'USER':
        this.user = this.expand(instruction.rest, instruction.escape).text
        this.state('USER', this.user, instruction, [])
        break
      case 'WORKDIR':
        this.workdir = posix.resolve('/', this.workdir ?? '?', this.expand(instruction.rest, instruction.escape).text)
        this.state('WORKDIR', this.workdir, instruction, instruction.rest.startsWith('/') ? [] : [' WORKDIR'])
        break
      case 'SHELL':
        this.state('SHELL', instruction.rest, instruction, [])
        break
    }
  }

  private takeArgument(word: string, line: LogicalLine): void {
    const name = nameOf(word)
    if (outsideEnvironment.has(name)) return
    const inherited = this.globals.settings.get(name)
    if (isGiven(this.settings, name)) this.set(argumentSetting(name, this.settings.buildArgs[name] ?? '', line, given), '')
    else if (word.includes('=')) {
      const written = word.slice(word.indexOf('=') + 1)
      const value = this.expandSetting(name, written, line.escape)
      this.set(argumentSetting(name, value, line, variablesIn(written)), written)
    } else if (inherited) {
      this.set(inherited, '')
      this.sources.set(name, this.globals.sources.get(name) ?? [])
    } else {
      const value = this.globals.variables.get(name)
      if (value !== undefined) this.set(argumentSetting(name, value, line, []), '')
    }
  }

  private takeEnvironment(line: LogicalLine): void {
    const words = splitAssignments(line.rest, line.escape)
    const old = /^(\S+)\s+([\s\S]*)$/.exec(line.rest)
    // `ENV name value`, the old form, has no `=` in its first word.
    const pairs = words[0]?.includes('=')
      ? words.map(word => [nameOf(word), word.slice(word.indexOf('=') + 1)] as const)
      : old
        ? [[old[1] ?? '', old[2] ?? ''] as const]
        : []
    // All values of one ENV are expanded with what was in force before it.
    const expanded = pairs.map(([name, value]) => [name, this.expandSetting(name, value, line.escape), value] as const)
    for (const [name, value, written] of expanded) {
      const at = line.lines.start
      const setting: SettingMaterial = {
        kind: 'setting',
        name,
        by: 'ENV',
        value,
        line: at,
        given: false,
        of: variablesIn(written)
      }
      this.set(setting, written)
      this.imageEnv.set(name, { setting, written })
    }
  }

  private expandSetting(name: string, value: string, escape: string): string {
    const { text, known } = this.expand(value, escape)
    if (known && !variablesIn(value).some(read => this.unsure.has(read))) this.unsure.delete(name)
    else this.unsure.add(name)
    return text
  }

  /** `written` is the text that the value comes from, with the variables it mentions. */
  private set(setting: SettingMaterial, written: string): void {
    this.sources.set(setting.name, withSources(variablesIn(written), this.sources))
    this.env.set(setting.name, setting.value)
    this.parts.push(setting)
  }

  private state(by: 'USER' | 'WORKDIR' | 'SHELL', value: string, line: LogicalLine, before: readonly string[]): void {
    const of = [...variablesIn(line.rest), ...before]
    this.sources.set(` ${by}`, withSources(of, this.sources))
    this.parts.push({ kind: 'setting', name: ` ${by}`, by, value, line: line.lines.start, given: false, of })
  }

  /** `known` is false where the text mentions a variable that only the base image may set. */
  private expand(word: string, escape: string): { readonly text: string; readonly known: boolean } {
    try {
      return {
        text: expandWord(word, this.env, escape),
        known: variablesIn(word).every(name => this.env.has(name))
      }
    } catch (error) {
      if (!(error instanceof WordError)) throw error
      return { text: word, known: false }
    }
  }
}

/** Arguments that no step sees (BuildKit frontend/dockerfile/dockerfile2llb/convert.go, nonEnvArgs). */
const outsideEnvironment = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'])
