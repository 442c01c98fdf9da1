import type { RefResult, StageResult, StepResult } from '../../src/explain/stage-result'
import type { Reason } from '../../src/reasons'
import type { BuildReport } from '../../src/report/report'

/** A report of a build that went well; a test says only what is different. */
export function reportOf(stages: readonly StageResult[], difference: Partial<BuildReport> = {}): BuildReport {
  return {
    schema: 1,
    outcome: 'success',
    image: {
      imageid: `sha256:${'5a'.repeat(32)}`,
      digest: `sha256:${'1f2e3d4c'.repeat(8)}`,
      tags: ['ghcr.io/acme/web-app:1.4.2', 'ghcr.io/acme/web-app:latest']
    },
    builder: { name: 'stage-cache-4711', driver: 'docker-container', reason: 'docker names no current builder' },
    target: 'runtime',
    broughtIn: [],
    stages,
    edges: chainOf(stages),
    exports: [],
    beginnings: [],
    mounts: [],
    degradations: [],
    advice: [],
    seconds: { total: 4.6, build: 3.2, exports: 1.1, own: 0.2 },
    ...difference
  }
}

/** Each stage made from the one before it. */
function chainOf(stages: readonly StageResult[]): BuildReport['edges'] {
  const indexes = [...new Set(stages.map(({ index }) => index))].toSorted((a, b) => a - b)
  return indexes.slice(1).map((reader, place) => ({ reader, read: indexes[place] ?? 0, kind: 'from' }))
}

/** The target's ref was read, as in nearly every build. */
export const warm: Partial<BuildReport> = {
  imported: { backend: 'registry', ref: 'ghcr.io/acme/web-app:cache-runtime', scope: 'default branch' }
}

/** A stage from its steps: `c` cached, `r` ran, `f` failed, `s` stopped, `n` not run. */
export function stageOf(index: number, name: string, steps: string, difference: Partial<StageResult> = {}): StageResult {
  const results = [...steps].map((letter, step) => stepOf(letter, index, step))
  const cached = results.filter(({ status }) => status === 'cached').length
  const status = steps.includes('f')
    ? 'failed'
    : cached === results.length
      ? 'hit'
      : /[ns]/.test(steps)
        ? 'not-run'
        : cached > 0
          ? 'partial'
          : 'miss'
  return {
    name,
    index,
    platform: 'linux/amd64',
    status,
    steps: results,
    cached,
    seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
    reason: status === 'hit' ? null : { code: 'unknown' },
    refs:
      steps === ''
        ? []
        : [
            refOf(name, {
              exported: status === 'hit' ? 'unchanged' : status === 'partial' || status === 'miss' ? 'yes' : 'not-asked'
            })
          ],
    ...difference
  }
}

export function refOf(stage: string, difference: Partial<RefResult> = {}): RefResult {
  return {
    backend: 'registry',
    ref: `ghcr.io/acme/web-app:cache-${stage}`,
    imported: 'not-asked',
    exported: 'unchanged',
    ...difference
  }
}

export const because = (reason: Reason): Partial<StageResult> => ({ reason })

/** When the sample builds began, in milliseconds since the epoch. */
export const began = Date.UTC(2026, 10, 20, 12)

const commands = [
  'WORKDIR /app',
  'COPY package.json package-lock.json ./',
  'RUN npm ci --no-audit | tee /tmp/npm.log',
  'COPY . .',
  'RUN make'
]
const statuses: Readonly<Record<string, StepResult['status']>> = { c: 'cached', r: 'ran', f: 'failed', n: 'not-run' }

function stepOf(letter: string, stage: number, step: number): StepResult {
  const status = statuses[letter] ?? 'not-run'
  const ran = status === 'ran' || status === 'failed'
  return {
    number: step + 2,
    command: commands[step % commands.length] ?? '',
    line: stage * 8 + step + 2,
    status,
    seconds: ran ? 0.4 + step * 3.7 + stage * 1.3 : 0,
    ...(letter === 's' ? { stopped: true } : {}),
    ...(ran ? { started: began + (stage * 12 + step * step * 2) * 1000 } : {})
  }
}
