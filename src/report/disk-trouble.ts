import { words } from './words'

/** What systems say when a disk, or the part of it one may have, is full. */
const full = /no space left on device|ENOSPC|disk quota exceeded|Wrote only \d+ of \d+ bytes/i

/** Whether something could not be written for want of space, as far as what a tool said of it tells. */
export function isDiskFull(detail: string): boolean {
  return full.test(detail)
}

/** Whether a file or directory is of another kind than was expected, or is not the job's to use, as Node says it. */
export function isNotUsable(detail: string): boolean {
  return /(?<!connect )\b(ENOTDIR|EEXIST|EISDIR|EACCES|EPERM|EROFS)\b/.test(detail)
}

export const fullDiskWords = words`The disk is full: free space on the runner before this step, or give the builder a larger one.`
