import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Files } from '../../src/host'
import { newFiles } from '../../src/io/files'
import { promoteLocalCache, readLayout, stageLocalCache } from '../../src/run/local-cache'
import { contentOf, exportTo, filesBelow } from '../helpers/local-layouts'
import type { Content } from '../helpers/local-layouts'

let folder: string
let directory: string
let files: Files
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-cache-'))
  directory = join(folder, 'cache')
  files = newFiles(join(folder, 'temp'))
})
afterEach(() => rm(folder, { recursive: true }))

const everything: (tag: string) => boolean = () => true
let jobs = 0

/** One job: stages the directory, exports into it as BuildKit does, and brings it back. */
async function job(
  content: Content,
  { staging = join(folder, `staging-${jobs++}`), keep = everything, using = files } = {}
): Promise<void> {
  await stageLocalCache(using, directory, staging)
  await exportTo(staging, content)
  await promoteLocalCache(using, staging, directory, new Set(Object.keys(content)), keep)
}

test('the first job makes the directory, the next finds it', async () => {
  expect(await readLayout(files, directory)).toBeUndefined()
  await job({ base: ['b'], final: ['b', 'f'] })
  expect(await contentOf(directory)).toEqual({ base: ['b'], final: ['b', 'f'] })
  expect((await readLayout(files, directory))?.index.entries).toHaveLength(2)
  // Nothing else is left, in it or beside it.
  expect((await filesBelow(directory)).filter(name => !name.startsWith('blobs/'))).toEqual(['index.json', 'oci-layout'])
  expect(await readdir(folder)).toEqual(['cache'])
})

test('only what was written replaces what is there', async () => {
  await job({ base: ['b1'], deps: ['b1', 'd1'] })
  await job({ deps: ['b1', 'd2'] })
  expect(await contentOf(directory)).toEqual({ base: ['b1'], deps: ['b1', 'd2'] })
})

test('tags that are not kept go, with the blobs nobody else needs; those of other images stay', async () => {
  await job({ base: ['b'], gone: ['b', 'g'], 'cache-base_OF_other': ['o'] })
  await job({ base: ['b2'] }, { keep: tag => tag !== 'gone' })
  expect(await contentOf(directory)).toEqual({ base: ['b2'], 'cache-base_OF_other': ['o'] })
  expect(await readdir(join(directory, 'blobs/sha256'))).toHaveLength(6)
})

test('it does not grow: after 8 jobs there is what the last one needs', async () => {
  const sizes = new Set<number>()
  for (let round = 0; round < 8; round++) {
    await job({ base: ['b'], deps: ['b', `d${round}`], final: ['b', `d${round}`, `f${round}`] })
    sizes.add((await filesBelow(folder)).length)
  }
  expect([...sizes]).toEqual([11])
  expect(await contentOf(directory)).toMatchObject({ final: ['b', 'd7', 'f7'] })
})

test('while a job exports, the directory stays as it is', async () => {
  await job({ base: ['b'] })
  const before = await filesBelow(directory)
  await stageLocalCache(files, directory, join(folder, 'staging'))
  await exportTo(join(folder, 'staging'), { base: ['c'] })
  expect(await filesBelow(directory)).toEqual(before)
  expect(await contentOf(directory)).toEqual({ base: ['b'] })
})

const faults: readonly {
  description: string
  harm: (directory: string, blob: (text: string) => string) => Promise<void>
  says: RegExp
  /** What reading the index and the manifests comes to. */
  read: 'throws' | 'one manifest' | 'all manifests'
}[] = [
  {
    description: 'a blob is cut off',
    harm: (_, blob) => truncate(blob('layer one'), 3),
    says: /^blob sha256:\w{64} has 3 bytes, its manifest says 9$/,
    read: 'all manifests'
  },
  {
    description: 'a blob is missing',
    harm: (_, blob) => rm(blob('layer one')),
    says: /^blob sha256:\w{64} has no bytes, its manifest says 9$/,
    read: 'all manifests'
  },
  {
    description: 'the index is missing',
    harm: at => rm(join(at, 'index.json')),
    says: /^index.json is missing$/,
    read: 'throws'
  },
  {
    description: 'the index is cut off',
    harm: at => truncate(join(at, 'index.json'), 40),
    says: /^index.json cannot be read$/,
    read: 'throws'
  },
  {
    description: 'the index is empty',
    harm: at => truncate(join(at, 'index.json'), 0),
    says: /^index.json cannot be read$/,
    read: 'throws'
  },
  {
    description: 'the index is something else',
    harm: at => writeFile(join(at, 'index.json'), '{"manifests":[{}]}'),
    says: /^index.json cannot be read$/,
    read: 'throws'
  },
  {
    description: 'a manifest is missing',
    harm: async at => rm(join(at, 'blobs/sha256', await manifestName(at))),
    says: /^manifest sha256:\w{64} of tag base is missing or broken$/,
    read: 'one manifest'
  },
  {
    description: 'a manifest is another of the same size',
    async harm(at) {
      const path = join(at, 'blobs/sha256', await manifestName(at))
      await writeFile(path, (await readFile(path, 'utf8')).replace('"size":9', '"size":8'))
    },
    says: /^manifest sha256:\w{64} of tag base is missing or broken$/,
    read: 'one manifest'
  },
  {
    description: 'a manifest is something else',
    harm: async at => writeFile(join(at, 'blobs/sha256', await manifestName(at)), 'null'),
    says: /^manifest sha256:\w{64} of tag base is missing or broken$/,
    read: 'one manifest'
  }
]

async function manifestName(at: string): Promise<string> {
  const { manifests } = JSON.parse(await readFile(join(at, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }
  return manifests[0]?.digest.replace('sha256:', '') ?? ''
}

describe.each(faults)('$description', ({ harm, says, read }) => {
  const broken = async (at: string) => {
    await exportTo(at, { base: ['layer one'], other: ['layer two'] })
    await harm(at, text => join(at, 'blobs/sha256', createHash('sha256').update(text).digest('hex')))
  }

  test('what is read of the directory', async () => {
    await broken(directory)
    if (read === 'throws') await expect(readLayout(files, directory)).rejects.toThrow(says)
    else expect((await readLayout(files, directory))?.manifests.size).toBe(read === 'one manifest' ? 1 : 2)
  })

  test('keeps a staged directory from taking the place of a good one', async () => {
    await job({ base: ['old'] })
    await broken(join(folder, 'staging'))
    await expect(promoteLocalCache(files, join(folder, 'staging'), directory, new Set(['base']), everything)).rejects.toThrow(
      says
    )
    expect(await contentOf(directory)).toEqual({ base: ['old'] })
    expect(await readdir(folder)).toEqual(['cache'])
  })

  test('does not outlive the next job, and does not keep it from saving', async () => {
    await broken(directory)
    await job({ base: ['layer one', 'new'] })
    expect(await contentOf(directory)).toMatchObject({ base: ['layer one', 'new'] })
  })
})

test('an export that left nothing', async () => {
  await expect(promoteLocalCache(files, join(folder, 'none'), directory, new Set(), everything)).rejects.toThrow(
    'the exported directory is empty'
  )
})

/** Files whose k-th effect fails: alone, as with a full disk, or with all behind it, as when the job is killed. */
function failingAt(k: number, how: 'once' | 'killed'): { files: Files; effects: () => number } {
  let effects = 0
  const fails = () => {
    effects++
    return effects === k || (how === 'killed' && effects > k)
  }
  const wrap =
    <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      fails() ? Promise.reject(new Error('killed')) : work(...args)
  const { remove, write, makeDirectory, link, move, createExclusive } = files
  return {
    files: {
      ...files,
      remove: wrap(remove),
      write: wrap(write),
      makeDirectory: wrap(makeDirectory),
      link: wrap(link),
      move: wrap(move),
      createExclusive: wrap(createExclusive)
    },
    effects: () => effects
  }
}

const old: Content = { base: ['b'], deps: ['b', 'd'], gone: ['g'], 'cache-x_OF_other': ['o'] }
const written: Content = { deps: ['b', 'd2'], final: ['b', 'd2', 'f'] }
const merged: Content = { base: ['b'], 'cache-x_OF_other': ['o'], ...written }

describe.each(['once', 'killed'] as const)('a failure at any step (%s)', how => {
  test.each([
    { before: 'a directory', start: old, end: merged },
    { before: 'nothing', start: undefined, end: written }
  ])(
    'leaves the old or the new content whole, of $before',
    async ({ start, end }) => {
      const seen = new Set<string>()
      let finished = false
      for (let k = 1; !finished; k++) {
        await rm(folder, { recursive: true })
        await mkdir(folder)
        if (start) await exportTo(directory, start)
        const failing = failingAt(k, how)
        const result = await job(written, { keep: tag => tag !== 'gone', using: failing.files }).then(
          () => 'done',
          () => 'failed'
        )
        finished = failing.effects() < k
        if (finished) expect(result).toBe('done')

        const layout = await readLayout(files, directory)
        // A directory without a tag is as good as none.
        seen.add(layout?.index.entries.length ? sorted(await contentOf(directory)) : 'nothing')

        // The next job finds its way, whatever was left behind. (That it takes over the lock, too, is a test of its own.)
        await rm(join(directory, '.lock'), { force: true })
        await job(written, { keep: tag => tag !== 'gone' })
        expect(await contentOf(directory)).toEqual(end)
        expect(await orphans()).toEqual([])
      }
      expect([...seen].sort()).toEqual([start ? sorted(start) : 'nothing', sorted(end)].sort())
    },
    30_000
  )
})

function sorted(content: Content): string {
  return JSON.stringify(Object.entries(content).sort())
}

/** Blobs that no tag needs. */
async function orphans(): Promise<readonly string[]> {
  const copy = join(folder, 'copy')
  await rm(copy, { recursive: true, force: true })
  await exportTo(copy, await contentOf(directory))
  const needed = new Set(await readdir(join(copy, 'blobs/sha256')))
  return (await readdir(join(directory, 'blobs/sha256'))).filter(name => !needed.has(name))
}

test('two jobs at once keep the tags of both', async () => {
  await job({ base: ['b'] })
  for (let round = 0; round < 10; round++) {
    await Promise.all([job({ one: ['b', `1-${round}`] }), job({ two: ['b', `2-${round}`] }), job({ three: [`3-${round}`] })])
    expect(await contentOf(directory)).toEqual({
      base: ['b'],
      one: ['b', `1-${round}`],
      two: ['b', `2-${round}`],
      three: [`3-${round}`]
    })
  }
})

test('a job that staged before another one replaced what it shares loses nothing', async () => {
  await job({ base: ['b1'] })
  await stageLocalCache(files, directory, join(folder, 'early'))
  await job({ base: ['b2'] })
  await exportTo(join(folder, 'early'), { deps: ['b1', 'd'] })
  await promoteLocalCache(files, join(folder, 'early'), directory, new Set(['deps']), everything)
  expect(await contentOf(directory)).toEqual({ base: ['b2'], deps: ['b1', 'd'] })
})

test('a lock left behind by a killed job is taken over', async () => {
  await job({ base: ['b'] })
  await writeFile(join(directory, '.lock'), 'of a killed job')
  await job({ base: ['c'] })
  expect(await contentOf(directory)).toEqual({ base: ['c'] })
  expect((await filesBelow(directory)).filter(name => name.startsWith('.'))).toEqual([])
})

test('across file systems', async () => {
  const elsewhere = await mkdtemp('/dev/shm/local-cache-')
  try {
    await job({ base: ['b'], deps: ['b', 'd'] }, { staging: join(elsewhere, 'one') })
    await job({ deps: ['b', 'd2'] }, { staging: join(elsewhere, 'two') })
    expect(await contentOf(directory)).toEqual({ base: ['b'], deps: ['b', 'd2'] })
    expect(await readdir(elsewhere)).toEqual([])
  } finally {
    await rm(elsewhere, { recursive: true })
  }
})
