import { group } from './group'
import { parseImageReference } from '../plan/image-reference'
import type { StageResult } from '../explain/stage-result'
import type { StageStatus } from '../reasons'
import { renderOpenMetrics, type Metric } from './openmetrics'
import type { BuildReport } from './report'
import { inOrder, tally, totalTimeSaved } from './tallies'

/** Before every name. */
const PREFIX = 'stage_cache_build_'

/** The figures of a build as OpenMetrics text, for `metrics-file`; docs/metrics.md lists them. */
export function renderMetrics(report: BuildReport): string {
  const common = { image: repositoryOf(report.image.tags[0]), target: report.target }
  const { rate, steps, cachedSteps } = tally(report)
  const { seconds, degradations, earlier, image } = report
  const saved = totalTimeSaved(report.stages)
  const one = (value: number) => [{ labels: common, value }]
  const metrics: readonly Metric[] = [
    {
      name: 'build_info',
      help: 'The build and how it ended.',
      samples: [{ labels: { ...common, outcome: report.outcome, driver: report.builder.driver }, value: 1 }]
    },
    {
      name: 'duration',
      unit: 'seconds',
      help: 'Time of the whole action, of the build in it, of saving caches after it, and of the action itself.',
      samples: Object.entries(seconds).map(([phase, value]) => ({ labels: { ...common, phase }, value }))
    },
    {
      name: 'time_saved',
      unit: 'seconds',
      help: 'What the cached steps took when they last ran; missing where that is not known.',
      samples: saved ? one(saved.seconds) : []
    },
    { name: 'hit', unit: 'ratio', help: 'Cached steps divided by steps, 0 to 1.', samples: one(rate) },
    {
      name: 'average_hit',
      unit: 'ratio',
      help: 'Hit ratio of the last builds that changed something, on average; missing where fewer than three are known.',
      samples: earlier?.usual ? one(earlier.usual.hitRate) : []
    },
    {
      name: 'image_size',
      unit: 'bytes',
      help: 'Layers of the image as they were pushed, over all platforms; missing where that is not known.',
      samples: image.bytes === undefined ? [] : one(image.bytes)
    },
    { name: 'steps', help: 'Steps of needed stages over all platforms.', samples: one(steps) },
    { name: 'cached_steps', help: 'Those of them that came from the cache.', samples: one(cachedSteps) },
    ...stageMetrics(report, common),
    ...exportMetrics(report, common),
    {
      name: 'degradations',
      help: 'Cache troubles that were survived, by kind.',
      samples: group(degradations, ({ code, backend }) => `${code} ${backend ?? ''}`).map(same => ({
        labels: { ...common, code: same[0].code, backend: same[0].backend ?? '' },
        value: same.length
      }))
    }
  ]
  return renderOpenMetrics(PREFIX, metrics)
}

type Labels = Readonly<Record<string, string>>

const statuses: readonly StageStatus[] = ['hit', 'partial', 'miss', 'failed', 'not-run', 'unknown']

function stageMetrics({ stages }: BuildReport, common: Labels): readonly Metric[] {
  const ordered = inOrder(stages)
  // Several stages may have one name; the index tells them apart.
  const labelsOf = ({ name, index, platform }: StageResult) => ({ ...common, stage: name, index: String(index), platform })
  const each = (value: (stage: StageResult) => number) => ordered.map(stage => ({ labels: labelsOf(stage), value: value(stage) }))
  return [
    {
      name: 'stages',
      help: 'Needed stages over all platforms, by status.',
      samples: statuses.map(status => ({
        labels: { ...common, status },
        value: ordered.filter(stage => stage.status === status).length
      }))
    },
    {
      name: 'stage_status',
      help: 'The status each stage has; always 1.',
      samples: ordered.map(stage => ({ labels: { ...labelsOf(stage), status: stage.status }, value: 1 }))
    },
    {
      name: 'stage_duration',
      unit: 'seconds',
      help: 'What the steps of a stage that ran took.',
      samples: each(({ seconds }) => seconds)
    },
    { name: 'stage_steps', help: 'Steps of a stage.', samples: each(({ steps }) => steps.length) },
    {
      name: 'stage_cached_steps',
      help: 'Steps of a stage that came from the cache.',
      samples: each(({ cached }) => cached)
    },
    {
      name: 'ref_size',
      unit: 'bytes',
      help: 'Bytes of a ref of a stage, where they are known.',
      samples: ordered.flatMap(stage =>
        stage.refs.flatMap(({ backend, ref, bytes }) =>
          bytes === undefined ? [] : [{ labels: { ...labelsOf(stage), backend, ref }, value: bytes }]
        )
      )
    }
  ]
}

function exportMetrics({ exports }: BuildReport, common: Labels): readonly Metric[] {
  return [
    {
      name: 'exports',
      help: 'Stages that were to be saved, by backend and result.',
      samples: group(exports, ({ backend, exported }) => `${backend} ${exported}`).map(same => ({
        labels: { ...common, backend: same[0].backend, result: same[0].exported },
        value: same.length
      }))
    },
    {
      name: 'export_duration',
      unit: 'seconds',
      help: 'What saving a stage took.',
      samples: exports.map(({ stage, backend, seconds }) => ({ labels: { ...common, stage, backend }, value: seconds }))
    }
  ]
}

/** `ghcr.io/acme/app` of the first tag; empty where the image has none. */
function repositoryOf(tag: string | undefined): string {
  const image = parseImageReference(tag ?? '')
  return typeof image === 'string' ? '' : image.repository
}
