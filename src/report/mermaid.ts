import { oneLine } from './plain'

declare const safe: unique symbol
/** Text of a diagram that is ours or was escaped: only the functions of this file make it. */
export type Mermaid = string & { readonly [safe]: true }

/** Template of our own diagram text; a string put in must have come through one of the functions below. */
export function mermaid(literals: TemplateStringsArray, ...values: readonly (Mermaid | number)[]): Mermaid {
  return String.raw({ raw: literals }, ...values) as Mermaid
}

/**
 * Text of others in a label: all but letters, digits, blanks and a hyphen between letters is a numeric entity, so that nothing in it is an end of the label, a
 * keyword, a directive, Markdown, HTML, an icon, a formula or a link (mermaid, encodeEntities in utils.ts).
 */
export function label(text: string, longest?: number): Mermaid {
  return oneLine(text, longest).replace(
    /[^\p{L}\p{N} -]|(?<![\p{L}\p{N}])-|-(?![\p{L}\p{N}])/gu,
    character => `#${character.codePointAt(0) ?? 32};${character === '$' || character === ':' ? BREAK : ''}`
  ) as Mermaid
}

/** A space of no width: mermaid looks for formulas ($$) and icons (fa:) in what the entities stand for. */
const BREAK = '#8203;'

/** Lines of a diagram, or parts of a label. */
export function joinMermaid(parts: readonly Mermaid[], separator: '\n' | '<br>' | ' · '): Mermaid {
  return parts.filter(part => part !== '').join(separator) as Mermaid
}
