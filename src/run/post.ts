import { handoverState, parseHandover } from '../handover'
import type { Host } from '../host'
import { removeBuilderArgv } from '../plan/builder'
import { troubles } from '../report/summary-notes'

/** Seconds that removing the builder, and saving the local cache, may take. */
const removeSeconds = 60
const saveSeconds = 600

/** Saves and undoes what main left, whatever became of main. Never throws: trouble is a warning. */
export async function runPost(host: Host): Promise<void> {
  const handover = parseHandover(host.workflow.state(handoverState))
  if (!handover) return
  const done = await Promise.allSettled([
    handover.builder === undefined ? undefined : removeBuilder(host, handover.builder),
    handover.staging === undefined ? undefined : host.files.remove(handover.staging),
    handover.localCache === undefined ? undefined : saveDirectory(host, handover.localCache)
  ])
  for (const result of done) if (result.status === 'rejected') host.log.warning(String(result.reason))
}

async function removeBuilder(host: Host, name: string): Promise<void> {
  const { exitCode, stderr } = await host.exec.start('docker', removeBuilderArgv(name), { timeoutSeconds: removeSeconds }).result
  if (exitCode === 0) host.log.info(`Builder ${name} removed`)
  else host.log.warning(`Builder ${name} could not be removed: ${stderr.trim()}`)
}

async function saveDirectory(
  host: Host,
  { directory, key }: { readonly directory: string; readonly key: string }
): Promise<void> {
  try {
    await host.actionsCache.save(directory, key, saveSeconds)
    host.log.info(`Local cache ${directory} saved as ${key}`)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    host.log.warning(`The local cache could not be saved: ${detail}`)
    if (/^false$/i.test(host.workflow.input('summary').trim())) return
    await host.workflow.appendSummary(troubles([{ code: 'save-failed', backend: 'local', detail }], 1))
  }
}
