// Directories of RUN --mount=type=cache, kept from one job to the next on an emptied builder.
import { builds } from './docker-calls'
import { newProject } from './project'
import type { Project } from './project'
import { outputOfSteps } from './steps'
import { troublesOf } from './trouble'

let project: Project
afterEach(() => project.remove())

const inputs = { 'cache-backends': 'gha', outputs: 'type=cacheonly' }

/** Fills an empty mount with one of everything, and tells what it found in it before. */
const everything = `FROM busybox AS app
COPY wanted .
RUN --mount=type=cache,target=/kept,uid=1000,gid=1001,mode=0750 <<'EOT'
cd /kept
echo "root $(stat -c '%u:%g %a' .)"
find . | sed 's/^/found /' | sort
if [ -e plain ]; then
  stat -c '%n %u:%g %a' plain dir 'with space'
  echo "link $(readlink link)"
  echo "same $([ plain -ef hard ] && echo yes)"
  echo "line $(cat "$(printf 'new\\nline')")"
else
  echo plain >plain; chmod 640 plain; chown 12:34 plain
  mkdir dir; chmod 1777 dir
  ln -s ../nowhere link
  ln plain hard
  echo space >'with space'; chmod 4755 'with space'
  echo found it >"$(printf 'new\\nline')"
  mkdir -p .hidden/deep
fi
EOT
`

const mountEntries = async () =>
  (await project.cacheService.entries()).filter(({ key }) => key.startsWith('stage-cache-build-mount-'))

it('a job on an empty builder finds all that the one before left, as it was', async () => {
  project = await newProject({ Dockerfile: everything, wanted: '1' })
  const first = await project.job(inputs)
  expect([first.main.exitCode, troublesOf(first)]).toEqual([0, []])
  expect(outputOfSteps(first)).toContain('root 1000:1001 750')
  expect(await mountEntries()).toHaveLength(1)

  await project.cacheService.resetCounts()
  const unchanged = await project.job(inputs)
  expect([unchanged.outputs['cache-hit'], builds(unchanged.calls).length]).toEqual(['true', 1])
  expect((await project.cacheService.requests()).filter(line => line.includes('mount'))).toEqual([])

  await project.write('wanted', '2')
  const second = await project.job(inputs)
  expect([second.main.exitCode, troublesOf(second)]).toEqual([0, []])
  expect(outputOfSteps(second)).toEqual(
    expect.arrayContaining([
      'root 1000:1001 750',
      'found ./.hidden/deep',
      'plain 12:34 640',
      'dir 0:0 1777',
      'with space 0:0 4755',
      'link ../nowhere',
      'same yes',
      'line found it'
    ])
  )
  expect(second.main.log).toMatch(/^Cache mount \/kept: restored, .* from .*, then unchanged$/m)
  expect(await mountEntries()).toHaveLength(1)
  expect([second.post?.exitCode, second.leftProcesses]).toEqual([0, []])
}, 180_000)
