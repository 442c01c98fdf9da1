import { createHash, createHmac } from 'node:crypto'
import type { Stage } from '../dockerfile/dockerfile'
import { contextName } from '../dockerfile/image-reference'
import { stageKey } from './fingerprint'
import type { BaseFingerprint, Fingerprint, Mark, SettingMark, StageFingerprint, StepMark } from './fingerprint'
import type { BaseMaterial, SettingMaterial, StageMaterial, StepMaterial } from './material'
import type { TakenFiles } from './taken-files'

/** All that a build is made from; it holds values of build arguments, and stays in memory. */
export interface Materials {
  readonly stages: readonly StageMaterial[]
  readonly needed: readonly Stage[]
  readonly files: TakenFiles
}

/**
 * Base64 digits, of 6 bits each. A value's mark has 24 bits: two values are taken for one in one of 16 million cases, and whoever gets
 * hold of a record and its key cannot learn more than 24 bits of a value by trying.
 */
const valueDigits = 4
const textDigits = 8

/** Makes marks of everything under a record's key. */
export function sealMaterials(materials: Materials, key: string): Fingerprint {
  const sealer = new Sealer(materials, key)
  const stages = new Map<string, Map<string, StageFingerprint>>()
  for (const material of materials.stages) {
    const stage = materials.needed.find(({ index }) => index === material.index)
    if (!stage) continue
    const platforms = stages.get(stageKey(stage)) ?? new Map<string, StageFingerprint>()
    stages.set(stageKey(stage), platforms.set(material.platform, sealer.stage(material)))
  }
  return { stages, trees: materials.files.trees }
}

/** Under which an image's digest is recorded, whatever form its name has. */
export function imageMark(reference: string, key: string): Mark {
  return valueMark(contextName(reference.replace(/@.*/s, '')) ?? reference, key)
}

class Sealer {
  private readonly ids = new Map<string, Mark>()

  constructor(
    private readonly materials: Materials,
    private readonly key: string
  ) {}

  stage(material: StageMaterial): StageFingerprint {
    const { base, index, platform, globals } = material
    const sealed = {
      base: this.base(base, platform),
      parts: material.parts.map(part => (part.kind === 'setting' ? this.setting(part) : this.step(part, platform)))
    }
    const id = this.text(JSON.stringify(sealed, (name, value: unknown) => (uncounted.has(name) ? undefined : value)))
    this.ids.set(`${index} ${platform}`, id)
    const used = needsGlobals(material) ? globals.map(setting => this.setting(setting)) : []
    return { id, ...sealed, ...(used.length > 0 ? { globals: used } : {}) }
  }

  private base(base: BaseMaterial, platform: string): BaseFingerprint {
    const parent = base.stage === undefined ? undefined : this.ids.get(`${base.stage} ${platform}`)
    return {
      line: base.line,
      from: this.text(base.written),
      variables: base.variables.map(setting => this.setting(setting)),
      ...(base.image === undefined ? {} : { image: imageMark(base.image, this.key) }),
      ...(parent === undefined ? {} : { stage: parent }),
      ...(base.opaque ? { opaque: true as const } : {})
    }
  }

  private setting({ name, by, value, line, given, of }: SettingMaterial): SettingMark {
    const mark = { set: name, by, value: valueMark(value, this.key), line }
    return { ...mark, ...(given ? { given: true } : {}), ...(of.length > 0 ? { of } : {}) }
  }

  private step(step: StepMaterial, platform: string): StepMark {
    const files = step.reads.length > 0 ? this.materials.files.idOf(step.reads) : undefined
    const stages = step.stages.map(index => this.ids.get(`${index} ${platform}`) ?? '')
    const sources = step.stages.map(index => this.materials.needed.find(stage => stage.index === index)?.name ?? '')
    const bases = Object.entries(step.bases).map(([at, base]) => [at, this.base(base, platform)] as const)
    const expands = step.names.length > 0
    return {
      step: step.keyword,
      line: step.line,
      written: this.text(step.written),
      effective: expands ? valueMark(step.effective, this.key) : this.text(step.effective),
      ...(expands ? { names: step.names } : {}),
      ...(files === undefined ? {} : { files }),
      ...(stages.length > 0 ? { stages, sources: this.text(JSON.stringify(sources)) } : {}),
      ...(bases.length > 0 ? { bases: Object.fromEntries(bases) } : {}),
      ...(step.images.length > 0 ? { images: step.images.map(image => imageMark(image, this.key)) } : {}),
      ...(step.opaque || (step.reads.length > 0 && files === undefined) ? { opaque: true } : {})
    }
  }

  private text(text: string): Mark {
    return createHash('sha256').update(`${this.key}\n`).update(text).digest('base64url').slice(0, textDigits)
  }
}

/** A setting of the stage is a global argument made from others. */
function needsGlobals({ globals, parts }: StageMaterial): boolean {
  return globals.some(global => global.of.length > 0 && parts.includes(global))
}

/** Left out of a stage's id: where things stand, what stages are called, and what `effective` says better. */
const uncounted = new Set(['line', 'written', 'names', 'given', 'of', 'sources'])

function valueMark(value: string, key: string): Mark {
  return createHmac('sha256', key).update(value).digest('base64url').slice(0, valueDigits)
}
