// @ts-check
import { readdir, readFile } from 'node:fs/promises'

/**
 * Ends what a job left running, found as the runner finds it: by a variable that children inherit.
 * @param {string} trackingId
 * @returns {Promise<string[]>} their command lines
 */
export async function endLeftProcesses(trackingId) {
  if (process.platform !== 'linux') return []
  const left = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = await readProc(`/proc/${name}/environ`)
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue
    left.push((await readProc(`/proc/${name}/cmdline`)).split('\0').join(' ').trim())
    endProcess(Number(name))
  }
  return left
}

/** Empty for a process that is gone or not ours to look at. @param {string} file */
async function readProc(file) {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) return ''
    throw error
  }
}

/** @param {number} pid */
function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}
