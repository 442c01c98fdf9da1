import { join, NOTHING, type Markdown } from './markdown'

/** A part of a page that can be shown with fewer rows: `render(0)` is a line or nothing. */
export interface Section {
  /** The lower, the earlier it is given room. */
  readonly importance: number
  readonly render: (rows: number) => Markdown
}

/** The sections in their order, each with as many rows as the bytes left by the more important ones allow. */
export function fit(sections: readonly Section[], budget: number): string {
  const chosen = new Map<Section, Markdown>()
  let left = budget
  for (const section of sections.toSorted((a, b) => a.importance - b.importance)) {
    const content = widest(section, left)
    chosen.set(section, content)
    left -= size(content)
  }
  return `${join(
    sections.map(section => chosen.get(section) ?? NOTHING),
    '\n\n'
  )}\n`
}

const rowCounts = [1000, 300, 100, 30, 10, 3, 0]

function widest(section: Section, room: number): Markdown {
  for (const rows of rowCounts) {
    const content = section.render(rows)
    if (size(content) <= room) return content
  }
  return NOTHING
}

/** Bytes with the empty line after it. */
function size(content: Markdown): number {
  return new TextEncoder().encode(content).length + 2
}
