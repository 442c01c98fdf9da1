import { messageOf } from '../errors'
import type { Host } from '../host'
import { readsAmong } from '../dockerfile/stage-graph'
import type { StageExpectation } from '../explain/expectations'
import { displayRef } from '../plan/cache-plan'
import type { ImportPlan } from '../plan/imports'
import { savesCaches } from '../plan/permissions'
import { unusedNames } from '../plan/unused-names'
import { group } from '../report/group'
import { renderLogTable } from '../report/log-table'
import { renderOutputs } from '../report/outputs'
import { importWhy, planNotes, scopeWords } from '../report/plan-sentences'
import { renderPlan } from '../report/plan-text'
import type { BuildReport, MountReport } from '../report/report'
import { unusedSentences } from '../report/sentences-unused'
import { renderSummary } from '../report/summary'
import { mountLines } from '../report/summary-mounts'
import { renderWarnings } from '../report/warnings'
import { annotate, findBuildAdvice } from './advice'
import { tellRecord } from './build-record'
import type { Builder } from './builder'
import type { Caches } from './caches'
import { outputOfFailed } from './failed-output'
import { explained, withoutRecords } from './history'
import { parseDigest } from './metadata'
import { writeMetrics } from './metrics-file'
import type { SavedMount } from './mount-saving'
import { comparedWith } from './past-builds'
import type { Preparation } from './prepare'
import { explainResults } from './results'
import type { Results } from './results'
import { timings } from './timings'
import { wantsSummary } from './wants-summary'

/** Prints what is going to happen, before anything is built. `eager` as it will be, which the builder may not allow. */
export function printPlan(
  host: Host,
  { inputs, plan, backends, dockerfile, file, script, buildArgs }: Preparation,
  builder: Builder,
  imports: ImportPlan,
  {
    expectations,
    eager,
    readOnly,
    notWritten
  }: Pick<Caches, 'readOnly' | 'notWritten'> & { readonly eager: boolean; readonly expectations: readonly StageExpectation[] }
): void {
  const platform = plan.platforms.join(', ')
  const read = new Set([...(imports.main ? [imports.main.ref] : []), ...imports.broughtIn.map(({ ref }) => ref)])
  host.log.group(`Plan: ${plan.stages.length} stages for target ${plan.target.name}`)
  host.log.info(
    renderPlan({
      target: plan.target.name,
      builder,
      ...(imports.main
        ? {
            imported: {
              backend: imports.main.ref.backend,
              ref: displayRef(imports.main.ref),
              why: importWhy(plan.target.name, imports.main)
            }
          }
        : {}),
      broughtIn: imports.broughtIn.map(({ ref }) => ({ stage: ref.stage, backend: ref.backend, ref: displayRef(ref) })),
      stages: plan.stages.map(({ stage, uncached, reads, writes }) => ({
        name: stage.name,
        ...(uncached ? { uncached } : {}),
        platform,
        refs: [...new Set([...reads.filter(ref => read.has(ref)), ...writes])].map(ref => ({
          backend: ref.backend,
          ref: displayRef(ref),
          read: read.has(ref),
          write: savesCaches(inputs) && writes.includes(ref) && !readOnly.includes(ref.backend)
        }))
      })),
      expectations,
      notes: planNotes({
        plan,
        backends,
        userImports: inputs.cacheFrom.length,
        exportsWait: inputs.cacheExport === 'eager' && savesCaches(inputs) && !eager,
        savesNothing:
          inputs.cacheExport === 'off' ? 'cache-export: off' : inputs.cacheWrite === 'false' ? 'cache-write: false' : undefined,
        notWritten
      })
    })
  )
  host.log.endGroup()
  const stages = dockerfile.stages.filter(({ named }) => named).map(({ name }) => name)
  const unused = unusedNames(inputs, { text: file.text, script, stages }, buildArgs)
  for (const { text, isSlip } of unusedSentences(unused, file.path)) {
    if (isSlip) host.log.warning(text)
    else host.log.info(text)
  }
}

/** Writes outputs, summary, annotations and the report file: the same facts for all of them, also for a failed build. */
export async function publish(host: Host, results: Results): Promise<BuildReport> {
  const { preparation, builder, imports, built, outcomes } = results
  const { inputs, plan, backends } = preparation
  const stages = explained(
    host,
    () => explainResults(results),
    () => explainResults({ ...results, history: withoutRecords(results.history) })
  )
  const advice = await findBuildAdvice(host, preparation, builder, built)
  const total = (host.clock.now() - results.started) / 1000
  const report: BuildReport = {
    schema: 1,
    outcome: built.outcome,
    ...(results.interrupted ? { interrupted: true } : {}),
    ...(built.outcome !== 'failure'
      ? {}
      : { error: built.run.text, failedOutput: await outputOfFailed(host, built.run, preparation) }),
    image: {
      imageid: built.imageid,
      digest: parseDigest(built.metadata),
      tags: inputs.tags.slice(0, 10),
      ...(results.imageBytes === undefined ? {} : { bytes: results.imageBytes })
    },
    // Options of its driver may have credentials, and the report may be kept anywhere.
    builder: { name: builder.name, driver: builder.driver, reason: builder.reason },
    target: plan.target.name,
    ...(imports.main
      ? {
          imported: {
            backend: imports.main.ref.backend,
            ref: displayRef(imports.main.ref),
            scope: scopeWords(imports.main.ref.scope)
          }
        }
      : {}),
    ...timings(built, outcomes),
    stages,
    edges: readsAmong(plan.stages.map(({ stage }) => stage)),
    beginnings: begunStages(results),
    mounts: results.mounts.map(mount => reportMount(preparation, mount)),
    degradations: results.degradations.map(trouble =>
      trouble.backend === 'registry' ? { ...trouble, host: backends.repository.split('/')[0] ?? '' } : trouble
    ),
    ...(inputs.minHitRate === undefined ? {} : { hitRateGuard: { minimum: inputs.minHitRate, below: inputs.onLowHitRate } }),
    ...comparedWith(results),
    ...(results.record ? { record: results.record } : {}),
    advice,
    seconds: { ...results.seconds, total, own: Math.max(0, total - host.clock.waited() / 1000) }
  }
  for (const [name, value] of Object.entries(renderOutputs(report))) host.workflow.setOutput(name, value)
  host.workflow.setOutput('metadata', built.metadata)
  host.log.info(renderLogTable(report))
  for (const line of mountLines(report)) host.log.info(line)
  for (const warning of renderWarnings(report)) host.log.warning(warning)
  tellRecord(host, report.record)
  await writeMetrics(host, inputs.metricsFile, report)
  annotate(host, preparation, advice)
  try {
    const path = `${await host.files.makeTemporary('report-')}/report.json`
    await host.files.write(path, JSON.stringify(report))
    host.workflow.setOutput('report', path)
    if (wantsSummary(host)) await host.workflow.appendSummary(renderSummary(report))
  } catch (error) {
    // An image that is built, and perhaps pushed, is no failure for want of its report.
    host.log.warning(`The report could not be written: ${messageOf(error)}`)
  }
  return report
}

function reportMount({ plan }: Preparation, { mount, uses, restored, stored, saved, bytes }: SavedMount): MountReport {
  const used = new Set(uses.map(({ stage }) => stage))
  const scope = plan.scopes.read[stored?.scope ?? -1]
  return {
    mount: mount.shown,
    stages: plan.stages.filter(({ stage }) => used.has(stage.index)).map(({ stage }) => stage.name),
    restored,
    ...(scope ? { scope: scopeWords(scope) } : {}),
    ...(stored ? { restoredBytes: stored.bytes } : {}),
    saved,
    ...(bytes === undefined ? {} : { savedBytes: bytes })
  }
}

/** Those that the target's ref took in, so that they serve: each stage once, with all refs it was saved in. */
function begunStages({ beginnings, joined }: Results): BuildReport['beginnings'] {
  const served = beginnings.filter(({ ref }) => joined.some(({ begun }) => begun.includes(ref)))
  return group(served, ({ stage }) => stage).flatMap(same => {
    const [{ stage, beginning }] = same
    const refs = same.map(({ ref }) => ({ backend: ref.backend, ref: displayRef(ref) }))
    return beginning ? [{ stage, ...beginning, refs }] : []
  })
}
