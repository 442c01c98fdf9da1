import type { SettingMark, StageFingerprint, StepMark } from './fingerprint'

/** A setting that is not as it was; one of the two is missing where it came or went. */
export interface ChangedSetting {
  readonly name: string
  readonly before?: SettingMark
  readonly now?: SettingMark
}

/** Settings in the order they were made, and the arguments declared before the first FROM that some of them were made from. */
export interface Settings {
  readonly list: readonly SettingMark[]
  readonly globals: readonly SettingMark[]
}

/** What is set before a step. */
export function settingsBefore({ parts, globals = [] }: StageFingerprint, step: StepMark): Settings {
  return { list: parts.slice(0, parts.indexOf(step)).filter(part => 'set' in part), globals }
}

/**
 * What is in force and is not as it was, in the order of the file as it is now, what went last. Behind it what it was made from, where that
 * changed: `ENV LEVEL=$LEVEL` hides the argument that it has its value from.
 */
export function changedSettings(before: Settings, now: Settings): readonly ChangedSetting[] {
  const [was, is] = [inForce(before.list), inForce(now.list)]
  const seen = new Set<SettingMark>()
  const changed = [...is].flatMap(([name, at]): readonly ChangedSetting[] => {
    const change = changeOf(name, settingAt(before, was.get(name)), settingAt(now, at))
    return change ? [change, ...originsOf(settingAt(before, was.get(name)), settingAt(now, at), seen)] : []
  })
  const went = [...was].filter(([name]) => !is.has(name)).map(([name, at]) => ({ name, before: before.list[at] as SettingMark }))
  return [...changed, ...went]
}

/**
 * The first variable that stands at another place than before, where all have the values they had: BuildKit keeps them in the order they
 * were last set in (client/llb/meta.go AddOrReplace), and a RUN's key has them in that order.
 */
export function movedVariable(before: Settings, now: Settings): SettingMark | undefined {
  const was = variablesOf(before.list)
  return variablesOf(now.list).find(({ set }, at) => set !== was[at]?.set)
}

function variablesOf(list: readonly SettingMark[]): readonly SettingMark[] {
  const last = inForce(list)
  return list.filter(({ set, by }, at) => (by === 'ARG' || by === 'ENV') && last.get(set) === at)
}

/** Of each name the place of its last setting. */
function inForce(list: readonly SettingMark[]): ReadonlyMap<string, number> {
  return new Map(list.map(({ set }, at) => [set, at]))
}

/** A setting, and what was set before it where its value was made. */
interface Placed {
  readonly setting: SettingMark
  readonly earlier: readonly SettingMark[]
  readonly settings: Settings
}

function settingAt(settings: Settings, at: number | undefined): Placed | undefined {
  const setting = at === undefined ? undefined : settings.list[at]
  return setting && placed(setting, settings.list.slice(0, at), settings)
}

function placed(setting: SettingMark, earlier: readonly SettingMark[], settings: Settings): Placed {
  const { globals } = settings
  const global = globals.findIndex(({ set, line }) => set === setting.set && line === setting.line)
  return { setting, earlier: global < 0 ? earlier : globals.slice(0, global), settings }
}

function changeOf(name: string, was: Placed | undefined, is: Placed | undefined): ChangedSetting | undefined {
  if (was?.setting.value === is?.setting.value) return undefined
  return { name, ...(was ? { before: was.setting } : {}), ...(is ? { now: is.setting } : {}) }
}

/** What a changed setting was made from and changed too, and what that was made from; of each setting that is there now once. */
function originsOf(was: Placed | undefined, is: Placed | undefined, seen: Set<SettingMark>): readonly ChangedSetting[] {
  if (!is || seen.has(is.setting)) return []
  seen.add(is.setting)
  return (is.setting.of ?? []).flatMap(name => {
    const [before, now] = [originOf(was, name), originOf(is, name)]
    const change = changeOf(name, before, now)
    return change ? [change, ...originsOf(before, now, seen)] : []
  })
}

function originOf(of: Placed | undefined, name: string): Placed | undefined {
  const at = of?.earlier.findLastIndex(({ set }) => set === name) ?? -1
  const origin = of?.earlier[at]
  return of && origin && placed(origin, of.earlier.slice(0, at), of.settings)
}
