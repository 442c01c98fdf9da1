// @ts-check
// Random Dockerfiles and random edits of them.
import { neededNames } from './model.mjs'

/** @typedef {import('./model.mjs').Model} Model */
/** @typedef {import('./model.mjs').Step} Step */
/** @typedef {import('./random.mjs').Random} Random */

/** @param {Random} random @param {{ platforms?: boolean }} [options] @returns {Model} */
export function randomModel(random, { platforms = false } = {}) {
  const count = 3 + random.below(5)
  /** @type {Model} */
  const model = { stages: [], files: {}, args: { ONE: '1', TWO: '2' } }
  for (let index = 0; index < count; index++) {
    const earlier = model.stages.map(stage => stage.name)
    const name = `s${index}-${random.pick(['deps', 'tools', 'build', 'test', 'lib'])}`
    const stage = {
      name,
      from: earlier.length > 0 && random.chance(0.6) ? random.pick(earlier) : undefined,
      args: Object.keys(model.args).filter(() => random.chance(0.15)),
      steps: /** @type {Step[]} */ ([])
    }
    for (let steps = 1 + random.below(3); steps > 0; steps--) stage.steps.push(randomStep(random, model, name, earlier))
    stage.steps.push({ kind: 'run', note: noteOf(random), constant: random.chance(0.3) })
    model.stages.push(stage)
  }
  readWhatNobodyReads(random, model)
  // The same seed gives the same graph with and without platforms.
  if (platforms) {
    for (const stage of model.stages) {
      if (stage.from === undefined && random.chance(0.35)) stage.onBuild = true
      if (random.chance(0.15)) stage.args.push('TARGETARCH')
    }
  }
  return model
}

/**
 * One edit, or several; what they make was never there before, so that no older cache can serve it.
 * @param {Random} random @param {Model} model @returns {{ model: Model, what: string }}
 */
export function randomEdit(random, model) {
  const edited = structuredClone(model)
  const what = []
  for (let edits = random.pick([0, 1, 1, 1, 2, 3]); edits > 0; edits--) what.push(editOnce(random, edited))
  return { model: edited, what: what.join(', ') || 'nothing' }
}

/** The same with a step that fails at the end of a stage the last one needs. @param {Random} random @param {Model} model */
export function broken(random, model) {
  const copy = structuredClone(model)
  const needed = neededNames(model)
  const stage = random.pick(copy.stages.filter(({ name }) => needed.has(name)))
  stage.steps.push({ kind: 'fail', note: noteOf(random) })
  return { model: copy, what: `${stage.name} fails` }
}

/** @param {Random} random @param {Model} model */
function editOnce(random, model) {
  const stage = random.pick(model.stages)
  const files = Object.keys(model.files)
  switch (random.pick(['file', 'file', 'file', 'instruction', 'insert', 'argument'])) {
    case 'argument': {
      const name = random.pick(Object.keys(model.args))
      model.args[name] = String(noteOf(random))
      return `argument ${name}`
    }
    case 'instruction': {
      const step = random.pick(stage.steps)
      step.note = noteOf(random)
      return `${step.kind} of ${stage.name}`
    }
    case 'insert': {
      const earlier = model.stages.slice(0, model.stages.indexOf(stage)).map(one => one.name)
      const step = randomStep(random, model, stage.name, earlier)
      stage.steps.splice(random.below(stage.steps.length), 0, step)
      return `new ${step.kind} in ${stage.name}`
    }
    default: {
      const file = files.length > 0 ? random.pick(files) : undefined
      if (file === undefined) return 'nothing'
      model.files[file] = contentOf(random)
      return file
    }
  }
}

/** @param {Random} random @param {Model} model @param {string} name @param {readonly string[]} earlier @returns {Step} */
function randomStep(random, model, name, earlier) {
  const kind =
    earlier.length > 0
      ? random.pick(/** @type {const} */ (['copy', 'copy-from', 'mount', 'run']))
      : random.pick(/** @type {const} */ (['copy', 'run']))
  const note = noteOf(random)
  switch (kind) {
    case 'copy': {
      const file = `${name}-${Object.keys(model.files).length}.txt`
      model.files[file] = contentOf(random)
      return { kind, file, note }
    }
    case 'copy-from':
      return { kind, stage: random.pick(earlier), note }
    case 'mount':
      return { kind, stage: random.pick(earlier), note, constant: random.chance(0.3) }
    case 'run':
      return { kind, note, constant: random.chance(0.3) }
  }
}

/** The last stage copies from the ends of all branches, or most of the graph would not be needed. @param {Random} random @param {Model} model */
function readWhatNobodyReads(random, model) {
  const last = model.stages.at(-1)
  if (!last) return
  const read = new Set(
    model.stages.flatMap(stage => [stage.from, ...stage.steps.map(step => ('stage' in step ? step.stage : undefined))])
  )
  for (const stage of model.stages.slice(0, -1)) {
    if (!read.has(stage.name) && random.chance(0.85))
      last.steps.unshift({ kind: 'copy-from', stage: stage.name, note: noteOf(random) })
  }
}

const noteOf = (/** @type {Random} */ random) => random.below(1e9)
const contentOf = (/** @type {Random} */ random) => `${random.next()}\n`
