import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newProject } from './project'
import type { Job, Project } from './project'

let project: Project
beforeAll(async () => {
  project = await newProject()
})
afterAll(() => project.remove())

const said = ({ main }: Job) => main.annotations.map(({ level, message }) => [level, message])
const inputs = {
  'cache-backends': 'gha',
  'min-hit-rate': '90',
  'on-low-hit-rate': 'fail',
  'metrics-file': 'out/metrics/build.prom'
}
const metrics = async () => (await readFile(join(project.directory, inputs['metrics-file']), 'utf8')).split('\n')

it('the first build only warns, and its figures are there', async () => {
  const job = await project.job(inputs)
  expect([job.main.exitCode, said(job)]).toEqual([
    0,
    [['warning', expect.stringMatching(/^Hit rate 0 %, below the 90 % of min-hit-rate: 0 of \d+ steps .*Nothing was saved/)]]
  ])
  expect(job.summary).toContain('⚠️ Hit rate 0 %')
  const lines = await metrics()
  expect(lines.filter(line => line.startsWith('stage_cache_build_hit_ratio{'))).toEqual([expect.stringMatching(/ 0$/)])
  expect(lines.filter(line => line.startsWith('stage_cache_build_exports{'))).toEqual([
    expect.stringMatching(/backend="gha",result="yes"\} 5$/)
  ])
  expect(lines.slice(-2)).toEqual(['# EOF', ''])
})

it('a build that misses too much fails, after all of it was saved', async () => {
  await project.edit('src/app.js')
  const job = await project.job(inputs)
  expect([job.main.exitCode, said(job)]).toEqual([
    1,
    [['error', expect.stringMatching(/^Hit rate \d+ %, below the 90 % of min-hit-rate: .*lower min-hit-rate/)]]
  ])
  expect(job.outputs).toMatchObject({ 'exported-stages': 'builder,runtime', 'rebuilt-stages': 'builder,runtime' })
  expect(job.outputs['digest'] === '' && job.outputs['imageid'] === '').toBe(false)
  expect([job.post?.exitCode, job.leftProcesses]).toEqual([0, []])
  const next = await project.job(inputs)
  expect([next.main.exitCode, next.outputs['cache-hit'], said(next)]).toEqual([0, 'true', []])
})

it('or only warns', async () => {
  await project.edit('src/app.js')
  const job = await project.job({ ...inputs, 'on-low-hit-rate': 'warn' })
  expect([job.main.exitCode, said(job)]).toEqual([0, [['warning', expect.stringMatching(/^Hit rate \d+ %/)]]])
})

it('figures that cannot be written are a warning', async () => {
  const job = await project.job({ 'cache-backends': 'gha', 'metrics-file': 'Dockerfile/build.prom' })
  expect([job.main.exitCode, said(job)]).toEqual([
    0,
    [['warning', expect.stringMatching(/^metrics-file: Dockerfile\/build\.prom could not be written: /)]]
  ])
})

it('a build that failed has figures too', async () => {
  await project.write('src/app.js', '')
  await project.write('Dockerfile', 'FROM busybox AS base\nRUN echo "ran base"\nRUN exit 3\n')
  const job = await project.job(inputs)
  expect(job.main.exitCode).toBe(1)
  const lines = await metrics()
  expect(lines.filter(line => line.startsWith('stage_cache_build_build_info{'))).toEqual([
    expect.stringMatching(/outcome="failure"/)
  ])
  expect(lines.filter(line => line.startsWith('stage_cache_build_stage_status{'))).toEqual([
    expect.stringMatching(/status="failed"\} 1$/)
  ])
})
