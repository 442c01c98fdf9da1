import { randomUUID } from 'node:crypto'
import type { Files } from '../host'

/** Seconds without a sign of life after which a lock counts as left behind by a killed job. */
const patienceSeconds = 10
/** How many signs the holder gives in that time. */
const signs = 5
const pollSeconds = 0.1
/** Seconds to wait for a job that is alive and does not come to an end. */
const limitSeconds = 120

/**
 * Does the work while no other job does its own under the same lock file. The holder writes to the file again and again; a file
 * that stays as it is was left behind by a killed job, and is taken over. Throws when a living holder keeps it for too long.
 */
export async function withLock<T>(files: Files, path: string, work: () => Promise<T>, patience = patienceSeconds): Promise<T> {
  const own = randomUUID()
  await acquire(files, path, own, patience)
  let count = 0
  let sign: Promise<void> = Promise.resolve()
  const alive = setInterval(
    () => {
      // A sign that cannot be given is one missed: the work itself will say what is wrong with the directory.
      sign = files.write(path, `${own} ${++count}`).catch(() => undefined)
    },
    (patience * 1000) / signs
  )
  try {
    return await work()
  } finally {
    clearInterval(alive)
    await sign
    // A job that was held up for long may have lost its lock to another.
    if ((await files.read(path))?.startsWith(own)) await files.remove(path)
  }
}

async function acquire(files: Files, path: string, own: string, patience: number): Promise<void> {
  let seen: string | undefined
  let unchanged = 0
  for (let waited = 0; !(await files.createExclusive(path, own)); waited += pollSeconds) {
    if (waited >= limitSeconds) throw new Error(`another job has held ${path} for ${limitSeconds} s`)
    const sign = await files.read(path)
    unchanged = sign === seen ? unchanged + pollSeconds : 0
    seen = sign
    // Whoever claimed it first may have been killed, too.
    if (unchanged >= 2 * patience) await files.remove(claimOf(path))
    if (seen !== undefined && unchanged >= patience) await clearAway(files, path, seen)
    await new Promise(resolve => setTimeout(resolve, pollSeconds * 1000))
  }
}

/** Removes a lock left behind. One job at a time does so: another would remove the lock that a third just made. */
async function clearAway(files: Files, path: string, seen: string): Promise<void> {
  const claim = claimOf(path)
  if (!(await files.createExclusive(claim, ''))) return
  try {
    if ((await files.read(path)) === seen) await files.remove(path)
  } finally {
    await files.remove(claim)
  }
}

function claimOf(path: string): string {
  return `${path}-claim`
}
