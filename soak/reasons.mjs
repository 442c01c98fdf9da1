// @ts-check
// What a report may say of why a stage was rebuilt, judged by the models before and after the edit and not by the action's own code.
import { argumentsSeen, linesOf, neededNames, renderStep } from './model.mjs'

/** @typedef {import('./model.mjs').Model} Model */

/**
 * @param {{ before: Model | undefined, now: Model, image: string, stages: any[] }} job stages of the report; `before` is missing for a first build
 * @returns {{ faults: string[], counts: Record<string, number> }}
 */
export function wrongReasons({ before, now, image, stages }) {
  /** @type {string[]} */
  const faults = []
  /** @type {Record<string, number>} */
  const counts = {}
  const count = (/** @type {string} */ name) => void (counts[name] = (counts[name] ?? 0) + 1)
  const rebuilt = new Set(stages.filter(({ status }) => status !== 'hit').map(({ name }) => name))
  for (const result of stages) {
    const hit = result.status === 'hit'
    if (result.status === 'not-run' || result.status === 'unknown') continue
    if (before && result.expected) {
      const held = (result.expected === 'hit') === hit
      count(held ? 'prediction held' : 'prediction did not hold')
      if (!held) faults.push(`${result.name} was expected to be a ${result.expected} and is a ${result.status}`)
    } else if (before) count('no prediction')
    if (hit) continue
    count(result.reason.code)
    const wrong = before
      ? judge(result, { before, now, image, rebuilt })
      : result.reason.code !== 'first-build' && 'not a first build'
    if (wrong) faults.push(`${result.name} says ${JSON.stringify(result.reason)}: ${wrong}`)
  }
  return { faults, counts }
}

/** @param {any} result @param {{ before: Model, now: Model, image: string, rebuilt: Set<string> }} job @returns {string | undefined} what is wrong */
function judge({ name, reason, steps }, { before, now, image, rebuilt }) {
  const stage = now.stages.find(one => one.name === name)
  const old = before.stages.find(one => one.name === name)
  if (!stage || !old) return 'there is no such stage'
  const at = steps.findIndex((/** @type {any} */ step) => step.status !== 'cached')
  const step = stage.steps[at]
  const line = linesOf(now, image, name)[at]
  switch (reason.code) {
    case 'unknown':
      return undefined
    case 'cache-absent':
      return neededNames(before).has(name) ? 'it was saved before' : undefined
    case 'file-changed': {
      const paths = reason.files.map((/** @type {any} */ file) => file.path)
      if (step?.kind !== 'copy' || paths.join() !== step.file) return 'its first step that ran does not copy that'
      if (reason.line !== line) return `that is line ${line}`
      return before.files[step.file] === now.files[step.file] ? 'that file is as it was' : undefined
    }
    case 'instruction-changed': {
      const was = old.steps[at]
      if (reason.line !== line) return `the first step that ran is line ${line}`
      return was && step && renderStep(old, was) === renderStep(stage, step) ? 'that step is as it was' : undefined
    }
    case 'build-arg-changed': {
      const changed = argumentsSeen(now, name).filter(one => before.args[one] !== now.args[one])
      return [...new Set(changed)].sort().join() === reason.names.toSorted().join()
        ? undefined
        : `of its arguments changed: ${changed}`
    }
    case 'parent-rebuilt': {
      if (!rebuilt.has(reason.parent)) return 'that stage was not rebuilt'
      const reads = step && 'stage' in step ? step.stage : undefined
      return (at === 0 && stage.from === reason.parent) || reads === reason.parent
        ? undefined
        : 'its first step that ran does not read that'
    }
    default:
      return 'no edit has that consequence'
  }
}
