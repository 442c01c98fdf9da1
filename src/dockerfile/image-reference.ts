const pathComponent = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const tag = '[\\w][\\w.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(`^(${domain})/(${pathComponent}(?:/${pathComponent})*)(?::(${tag}))?(?:@(${digest}))?$`)
const hubDomain = 'docker.io'

interface Reference {
  readonly domain: string
  readonly path: string
  /** `:tag`, `@digest`, both or nothing. */
  readonly suffix: string
}

/** The text names an image as BuildKit asks of FROM, of `--from` and of the names of stages. */
export function isImageReference(text: string): boolean {
  return parseReference(text) !== undefined
}

/**
 * The short name by which buildx and BuildKit look up named build contexts: `alpine` for `docker.io/library/alpine:latest`.
 * undefined where the text is no image reference. Rules: buildx util/buildflags/context.go, BuildKit frontend/dockerui/config.go.
 */
export function contextName(text: string): string | undefined {
  const parsed = parseReference(text)
  if (parsed === undefined) return undefined
  const path = parsed.path.replace(/^library\/(?=[^/]+$)/, '')
  const name = parsed.domain === hubDomain ? path : `${parsed.domain}/${parsed.path}`
  return `${name}${parsed.suffix}`.replace(/:latest$/, '')
}

/** Rules: github.com/distribution/reference (ParseNormalizedNamed, grammar in regexp.go). */
function parseReference(text: string): Reference | undefined {
  if (/^[a-f0-9]{64}$/.test(text)) return undefined
  const match = reference.exec(withDomain(text))
  if (match?.[1] === undefined || match[2] === undefined || match[2].length > 255) return undefined
  const [, domainText, path, tagText, digestText] = match
  const suffix = `${tagText === undefined ? '' : `:${tagText}`}${digestText === undefined ? '' : `@${digestText}`}`
  return { domain: domainText, path, suffix }
}

/** A first part without dot, port or capital is no domain, except localhost: the image is Docker Hub's. */
function withDomain(text: string): string {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  if (isDomain && !/^(?:index\.)?docker\.io$/.test(first)) return text
  const path = isDomain ? text.slice(slash + 1) : text
  return `${hubDomain}/${path.includes('/') ? path : `library/${path}`}`
}
