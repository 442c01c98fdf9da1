// What a job says of troubles with the cache.
import type { Job } from './project'

/** The troubles in the summary: each one's sentence in bold, in order. */
export function troublesOf({ summary }: Pick<Job, 'summary'>): readonly string[] {
  const [, section = ''] = summary.split('### ⚠️ Cache trouble, survived')
  return [...section.matchAll(/^- \*\*(.*?)\*\*/gm)].map(([, sentence = '']) => sentence)
}
