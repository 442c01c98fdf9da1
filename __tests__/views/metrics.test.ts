import { execFileSync } from 'node:child_process'
import { renderMetrics } from '../../src/report/metrics'
import { builds } from '../report/builds'
import { pieces } from '../report/hostile'
import { refOf, reportOf, stageOf } from '../report/samples'

interface Family {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly help: string
  readonly samples: readonly (readonly [name: string, labels: Readonly<Record<string, string>>, value: number])[]
}

/** What Prometheus' own reader of OpenMetrics, or of the older text format, makes of a text; it refuses what the format does not allow. */
function read(text: string, format: 'openmetrics.parser' | 'parser' = 'openmetrics.parser'): readonly Family[] {
  const program = `
import json, sys
from prometheus_client.${format} import text_string_to_metric_families as read
print(json.dumps([dict(name=f.name, type=f.type, unit=f.unit, help=f.documentation, samples=[[s.name, s.labels, s.value] for s in f.samples])
  for f in read(sys.stdin.buffer.read().decode('utf-8'))]))`
  return JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', program], { input: text, encoding: 'utf8', stdio: 'pipe' })
  ) as readonly Family[]
}

const valueOf = (families: readonly Family[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  families
    .flatMap(({ samples }) => samples)
    .filter(([sample, given]) => sample === name && Object.entries(labels).every(([label, value]) => given[label] === value))
    .map(([, , value]) => value)

test('the reader is one that refuses', () => {
  expect(() => read('# TYPE a gauge\na 1\n')).toThrow()
  expect(() => read('# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n')).toThrow()
})

test.each(Object.entries(builds))('%s: every figure is read as it is meant', (_, report) => {
  const families = read(renderMetrics(report))
  for (const { name, help } of families)
    expect([name, help.length > 10]).toEqual([expect.stringMatching(/^stage_cache_build_/u), true])
  expect(valueOf(families, 'stage_cache_build_build_info', { outcome: report.outcome, target: report.target })).toEqual([1])
  expect(valueOf(families, 'stage_cache_build_stage_status')).toHaveLength(report.stages.length)
  expect(valueOf(families, 'stage_cache_build_duration_seconds', { phase: 'build' })).toEqual([report.seconds.build])
})

test.each(Object.entries(builds))('%s: readers of the older text format see the same', (_, report) => {
  const text = renderMetrics(report)
  const plain = (families: readonly Family[]) => families.map(({ unit: _unit, ...family }) => family)
  expect(plain(read(text, 'parser'))).toEqual(plain(read(text)))
  // The reader takes any type; node_exporter's does not, and knows no `info`.
  expect([...new Set(text.match(/(?<=^# TYPE \S+ ).*$/gmu))]).toEqual(['gauge'])
  expect(text.match(/^#(?! (TYPE|UNIT|HELP) \S+ \S| EOF$).*$/gmu)).toBeNull()
})

test('figures of an edit', () => {
  const families = read(renderMetrics(builds['edit'] ?? reportOf([])))
  const image = 'ghcr.io/acme/web-app'
  expect(valueOf(families, 'stage_cache_build_hit_ratio', { image, target: 'runtime' })).toEqual([0.769])
  expect(valueOf(families, 'stage_cache_build_stages', { status: 'hit' })).toEqual([3])
  expect(
    valueOf(families, 'stage_cache_build_stage_status', { stage: 'builder', status: 'partial', platform: 'linux/amd64' })
  ).toEqual([1])
  expect(valueOf(families, 'stage_cache_build_stage_cached_steps', { stage: 'builder' })).toEqual([3])
  expect(valueOf(families, 'stage_cache_build_ref_size_bytes', { stage: 'runtime', backend: 'registry' })).toEqual([402_118_048])
  expect(valueOf(families, 'stage_cache_build_exports', { backend: 'registry', result: 'yes' })).toEqual([2])
  expect(valueOf(families, 'stage_cache_build_export_duration_seconds', { stage: 'builder' })).toEqual([4.1])
  expect(valueOf(families, 'stage_cache_build_time_saved_seconds')).toEqual([53.3])
})

test('troubles by kind', () => {
  const families = read(renderMetrics(builds['degraded'] ?? reportOf([])))
  expect(valueOf(families, 'stage_cache_build_degradations', { code: 'export-failed', backend: 'registry' })).toEqual([2])
})

test('text of others is a label and no more; stages of one name stay two', () => {
  const stages = [...pieces, 'a"} 1\nx 2', '\\', '\\"', '\\n'].map((name, index) =>
    stageOf(index, name, 'cr', { refs: [refOf('x', { ref: name, bytes: 7 }), refOf('x', { ref: name, bytes: 8 })] })
  )
  const families = read(
    renderMetrics(reportOf([...stages, stageOf(500, 'twice', 'r'), stageOf(501, 'twice', 'r')], { target: '"\n# EOF\n' }))
  )
  expect(valueOf(families, 'stage_cache_build_stage_steps')).toHaveLength(stages.length + 2)
  const names = families
    .find(({ name }) => name === 'stage_cache_build_stage_steps')
    ?.samples.map(([, labels]) => labels['stage'])
  expect(names).toEqual(expect.arrayContaining(['a"} 1 x 2', '\\', '\\"', '\\n', 'twice']))
})
