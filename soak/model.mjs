// @ts-check
// A Dockerfile as data, and BuildKit's rule for which of its steps a cache serves. The rule is written down once more here,
// from BuildKit's documentation of cache keys and not from our own code, so that the two can disagree.
import { createHash } from 'node:crypto'

/**
 * @typedef {{ kind: 'copy', file: string, note: number }} CopyFile  a file of the context
 * @typedef {{ kind: 'run', note: number, constant: boolean }} Run  writes /out/<stage>: from all it can see, or always the same
 * @typedef {{ kind: 'copy-from', stage: string, note: number }} CopyFrom  /out of another stage
 * @typedef {{ kind: 'mount', stage: string, note: number, constant: boolean }} Mount  a run that reads /out of another stage
 * @typedef {{ kind: 'fail', note: number }} Fail  ends the build, once others have had time to end
 * @typedef {CopyFile | Run | CopyFrom | Mount | Fail} Step
 * @typedef {{ name: string, from: string | undefined, args: string[], steps: Step[], onBuild?: boolean }} Stage  args: names it declares first;
 *   onBuild: made from the base image for the platform that builds
 * @typedef {{ stages: Stage[], files: Record<string, string>, args: Record<string, string> }} Model  args: input build-args
 */

/** @param {Model} model @param {string} image */
export function renderDockerfile(model, image) {
  return (
    model.stages
      .map(stage =>
        [
          `FROM ${stage.onBuild ? '--platform=$BUILDPLATFORM ' : ''}${stage.from ?? image} AS ${stage.name}`,
          ...stage.args.map(name => `ARG ${name}`),
          ...stage.steps.map(step => renderStep(stage, step))
        ].join('\n')
      )
      .join('\n\n') + '\n'
  )
}

/**
 * Key of every step by `<stage> <number>`, numbers as BuildKit shows them. A step is served from a cache that has its key.
 * @param {Model} model @param {string} image
 * @param {{ target: string, build: string }} [platforms] one of several that are built together, and the one that builds; the base image has
 *   /in/arch, another on each
 */
export function keysOf(model, image, platforms) {
  /** @type {Map<string, string>} */
  const keys = new Map()
  /** @type {Map<string, { key: string, base: string, files: Record<string, string>, env: Record<string, string> }>} what each stage's last step left */
  const ends = new Map()
  /** @type {Record<string, string>} */
  const given = { ...model.args, ...(platforms ? { TARGETARCH: platforms.target } : {}) }
  for (const stage of model.stages) {
    const parent = stage.from === undefined ? undefined : ends.get(stage.from)
    const platform = stage.onBuild ? platforms?.build : platforms?.target
    // A stage that is FROM another is on the platform of that one.
    const base = parent?.base ?? `${image} ${platform ?? ''}`
    let key = parent?.key ?? base
    /** @type {Record<string, string>} */
    const files = { ...(parent ? parent.files : platform ? { '/in/arch': platform } : {}) }
    // An ARG is in the environment of every RUN behind it, in stages that are FROM this one, too.
    const env = { ...parent?.env, ...Object.fromEntries(stage.args.map(name => [name, given[name] ?? ''])) }
    // BuildKit counts FROM as a step only where it is an image.
    let number = stage.from === undefined ? 1 : 0
    for (const step of stage.steps) {
      number++
      const text = renderStep(stage, step)
      // What is read of another stage counts by content: what that stage did to get there does not matter.
      const read = 'stage' in step ? outOf(ends.get(step.stage)?.files ?? {}) : {}
      // A mount of the very state the RUN stands on: one input for both, and BuildKit takes the whole of it by content
      // (solver/llbsolver/ops/exec.go, getMountDeps).
      const standsOnIt = step.kind === 'mount' && step.stage === stage.from && step === stage.steps[0]
      if (step.kind === 'copy') key = hash(key, text, model.files[step.file] ?? '')
      else {
        const seen = step.kind === 'copy-from' ? '' : sorted(env)
        key = standsOnIt ? hash(base, text, sorted(files), seen) : hash(key, text, sorted(read), seen)
      }
      switch (step.kind) {
        case 'copy':
          files[`/in/${stage.name}-${step.file}-${step.note}`] = model.files[step.file] ?? ''
          break
        case 'fail':
          break
        case 'copy-from':
          for (const [path, content] of Object.entries(read))
            files[`/out/from-${step.stage}-${step.note}${path.slice('/out'.length)}`] = content
          break
        case 'mount':
          files[`/in/mnt-${step.stage}-${step.note}`] = hash(sorted(read))
          write(stage.name, files, step.constant)
          break
        case 'run':
          write(stage.name, files, step.constant)
          break
      }
      keys.set(`${stage.name} ${number}`, key)
    }
    ends.set(stage.name, { key, base, files, env })
  }
  return keys
}

/** What a RUN does to the files. @param {string} stage @param {Record<string, string>} files @param {boolean} constant */
function write(stage, files, constant) {
  const content = constant ? 'constant' : hash(sorted(files))
  files[`/out/${stage}`] = content
  files[`/in/${stage}`] = content
}

/** @param {Record<string, string>} files */
function outOf(files) {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('/out/')))
}

/** @param {Record<string, string>} files */
function sorted(files) {
  return JSON.stringify(Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Lines of the steps of a stage. @param {Model} model @param {string} image @param {string} name */
export function linesOf(model, image, name) {
  const lines = renderDockerfile(model, image).split('\n')
  const stage = model.stages.find(one => one.name === name)
  const start = lines.findIndex(line => line.startsWith('FROM ') && line.endsWith(` AS ${name}`)) + 1 + (stage?.args.length ?? 0)
  return (stage?.steps ?? []).map((_, index) => start + 1 + index)
}

/** What `build-args` says. @param {Model} model @returns {string[]} */
export function givenArguments({ args }) {
  return Object.entries(args).map(([name, value]) => `${name}=${value}`)
}

/** The arguments in the environment of a stage's steps. @param {Model} model @param {string | undefined} name @returns {string[]} */
export function argumentsSeen(model, name) {
  const stage = model.stages.find(one => one.name === name)
  return stage ? [...argumentsSeen(model, stage.from), ...stage.args] : []
}

/** Names of the stages the last one needs. @param {Model} model */
export function neededNames(model) {
  const last = model.stages.at(-1)
  const needed = new Set(last ? [last.name] : [])
  for (const name of needed) {
    const stage = model.stages.find(one => one.name === name)
    if (stage?.from !== undefined) needed.add(stage.from)
    for (const step of stage?.steps ?? []) if (step.kind === 'copy-from' || step.kind === 'mount') needed.add(step.stage)
  }
  return needed
}

/** @param {Stage} stage @param {Step} step */
export function renderStep(stage, step) {
  // /in gathers what a stage has seen, sorted, without times: what a run writes is decided by it alone.
  const write = (/** @type {boolean} */ constant) =>
    `mkdir -p /out /in && ${constant ? 'echo constant' : 'find /in /out -type f | sort | xargs -r sha256sum'} > /tmp/o && mv /tmp/o /out/${stage.name} && cp /out/${stage.name} /in/`
  switch (step.kind) {
    case 'copy':
      return `COPY ${step.file} /in/${stage.name}-${step.file}-${step.note}`
    case 'copy-from':
      return `COPY --from=${step.stage} /out /out/from-${step.stage}-${step.note}`
    case 'mount':
      return `RUN --mount=type=bind,from=${step.stage},source=/out,target=/mnt : ${step.note} && mkdir -p /in && (cd /mnt && find . -type f | sort | xargs -r sha256sum) > /in/mnt-${step.stage}-${step.note} && ${write(step.constant)} && echo RAN-${stage.name}`
    case 'fail':
      return `RUN : ${step.note} && sleep 2 && false`
    case 'run':
      return `RUN : ${step.note} && ${write(step.constant)} && echo RAN-${stage.name}`
  }
}

/** @param {string[]} parts */
function hash(...parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
