import { bytes, count } from './amounts'
import { code, details, join, ours, NOTHING, sentence, table, type Column, type Markdown } from './markdown'
import type { BuildReport, MountReport } from './report'
import { mountRestoredWords, mountSavedWords } from './sentences-mounts'
import { namesWords, plain, words, type Words } from './words'

/** What became of each cache mount: before the build and after it. */
export function mountTable({ mounts }: Pick<BuildReport, 'mounts'>, rows: number): Markdown {
  if (mounts.length === 0 || rows === 0) return NOTHING
  const columns: Column[] = [
    { title: ours`Cache mount` },
    { title: ours`Stages` },
    { title: ours`Before the build` },
    { title: ours`After it` }
  ]
  const cells = mounts
    .slice(0, rows)
    .map(mount => [
      code(mount.mount),
      sentence(namesWords(mount.stages)),
      sentence(restoredCell(mount)),
      sentence(withBytes(mountSavedWords[mount.saved], mount.savedBytes))
    ])
  const more = mounts.length - rows
  const rest = more > 0 ? ours`… and ${sentence([count(more, 'more mount')])}.` : NOTHING
  const news = mounts.some(({ restored, saved }) => restored === 'yes' || saved === 'yes') ? 'open' : 'closed'
  return details(ours`Cache mounts`, join([table(columns, cells), rest], '\n\n'), news)
}

/** One line of the log for each mount. */
export function mountLines({ mounts }: Pick<BuildReport, 'mounts'>): readonly string[] {
  return mounts.map(mount =>
    plain(
      words`Cache mount ${mount.mount}: ${restoredCell(mount)}, then ${withBytes(mountSavedWords[mount.saved], mount.savedBytes)}`
    )
  )
}

function restoredCell({ restored, restoredBytes, scope }: MountReport): Words {
  const said = withBytes(mountRestoredWords[restored], restored === 'yes' ? restoredBytes : undefined)
  return scope === undefined || restored !== 'yes' ? said : words`${said} from ${[scope]}`
}

function withBytes(said: string, amount: number | undefined): Words {
  return amount === undefined ? [said] : [`${said}, ${bytes(amount)}`]
}
