import { randomUUID } from 'node:crypto'
import type { Files } from '../host'

/** Seconds without a sign of life after which a lock counts as left behind by a killed job. */
const patienceSeconds = 10
/** How often the holder gives one. */
const signSeconds = 2
const pollSeconds = 0.1
/** Seconds to wait for a job that is alive and does not come to an end. */
const limitSeconds = 120

/**
 * Does the work while no other job does its own under the same lock file. The holder writes to the file again and again; a file
 * that stays as it is was left behind by a killed job, and is taken over. Throws when a living holder keeps it for too long.
 */
export async function withLock<T>(files: Files, path: string, work: () => Promise<T>, patience = patienceSeconds): Promise<T> {
  await acquire(files, path, patience)
  let sign: Promise<void> = Promise.resolve()
  const alive = setInterval(() => {
    // A sign that cannot be given is one missed: the work itself will say what is wrong with the directory.
    sign = files.write(path, randomUUID()).catch(() => undefined)
  }, signSeconds * 1000)
  try {
    return await work()
  } finally {
    clearInterval(alive)
    await sign
    await files.remove(path)
  }
}

async function acquire(files: Files, path: string, patience: number): Promise<void> {
  let seen: string | undefined
  let unchanged = 0
  for (let waited = 0; !(await files.createExclusive(path, randomUUID())); waited += pollSeconds) {
    if (waited >= limitSeconds) throw new Error(`another job has held ${path} for ${limitSeconds} s`)
    const sign = await files.read(path)
    unchanged = sign === seen ? unchanged + pollSeconds : 0
    seen = sign
    if (seen !== undefined && unchanged >= patience) await clearAway(files, path, seen)
    else await new Promise(resolve => setTimeout(resolve, pollSeconds * 1000))
  }
}

/** Removes a lock left behind, unless another job took it over in the meantime. */
async function clearAway(files: Files, path: string, seen: string): Promise<void> {
  const aside = `${path}-${randomUUID()}`
  try {
    await files.move(path, aside)
  } catch {
    // Another job was faster: it is waited for like any other.
    return
  }
  if ((await files.read(aside)) === seen) await files.remove(aside)
  else await files.move(aside, path)
}
