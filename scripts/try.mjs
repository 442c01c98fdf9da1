// Three jobs on three fresh machines: cold, unchanged, after a code edit. Prints each summary and writes them as a page.
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { baseImageRef } from '../testbed/base-images.mjs'
import { freshMachine } from '../testbed/builder.mjs'
import { deleteAllTags } from '../testbed/registry.mjs'
import { removeJobs, runJob } from '../testbed/runner.mjs'
import { theTestBed } from '../testbed/where.mjs'
import { renderPage } from './render-page.mjs'

const root = resolve(import.meta.dirname, '..')
const workspace = await mkdtemp(join(tmpdir(), 'try-'))
const image = `${theTestBed().registry}/acme/web-app`

const jobs = [
  { title: 'Job 1: the first build, nothing is saved yet', edit: async () => undefined },
  { title: 'Job 2: nothing changed, on a fresh machine', edit: async () => undefined },
  {
    title: 'Job 3: one line of code changed, on a fresh machine',
    edit: () => appendFile(join(workspace, 'src/app.js'), `console.log('edited at ${new Date().toISOString()}')\n`)
  }
]

try {
  await cp(join(root, 'examples/web-app'), workspace, { recursive: true })
  await deleteAllTags('acme/web-app')
  const sections = []
  for (const { title, edit } of jobs) {
    await edit()
    await freshMachine()
    console.log(`\n━━━ ${title} ━━━\n`)
    const job = await runJob({
      action: root,
      workspace,
      inputs: { tags: `${image}:latest`, push: 'true', 'build-args': `BASE_IMAGE=${baseImageRef('busybox')}` },
      echo: true
    })
    if (job.main.exitCode !== 0 || job.post?.exitCode !== 0) throw new Error(`${title}: the job failed`)
    sections.push({ title, markdown: job.summary })
  }
  await mkdir(join(root, 'out'), { recursive: true })
  await writeFile(join(root, 'out/try.html'), renderPage(sections))
  // For scripts/screenshots.mjs.
  await writeFile(join(root, 'out/last-summary.md'), sections.at(-1)?.markdown ?? '')
  console.log(`\nThe three job summaries as a page: ${join(root, 'out/try.html')}`)
} finally {
  await rm(workspace, { recursive: true, force: true })
  await removeJobs()
}
