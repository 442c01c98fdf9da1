/** What `docker buildx inspect` says of one node, in the names of output `nodes` of docker/setup-buildx-action. */
export interface NodeFacts {
  readonly name: string
  readonly endpoint?: string
  readonly 'driver-opts'?: readonly string[]
  readonly status?: string
  readonly 'buildkitd-flags'?: string
  readonly buildkit?: string
  /** Comma-separated. */
  readonly platforms?: string
}

/** The nodes in `docker buildx inspect` output; what it says of labels, features and garbage collection is left out. */
export function parseNodeFacts(text: string): readonly NodeFacts[] {
  // The first name is the builder's.
  return text
    .split(/^Name:[ \t]*/m)
    .slice(2)
    .map(parseNode)
}

/** All platforms of the nodes, each once. */
export function platformsOf(nodes: readonly NodeFacts[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ platforms }) => platforms?.split(',') ?? []))]
}

/** `text` begins with the node's name. Older versions of buildx have other words (docker/actions-toolkit src/buildx/builder.ts, `parseInspect`). */
function parseNode(text: string): NodeFacts {
  const field = (words: string) => new RegExp(`^(?:${words}):[ \\t]*(\\S.*?)[ \\t\\r]*$`, 'm').exec(text)?.[1]
  const options = field('Driver Options')
  const found = {
    endpoint: field('Endpoint'),
    'driver-opts':
      options &&
      [...options.matchAll(/([^\s=]+)="((?:[^"\\]|\\.)*)"/g)].map(
        ([, name, value = '']) => `${name}=${value.replace(/\\(.)/g, '$1')}`
      ),
    status: field('Status'),
    'buildkitd-flags': field('BuildKit daemon flags|Flags'),
    buildkit: field('BuildKit version|Buildkit'),
    platforms: readPlatforms(field('Platforms'))
  }
  const told = Object.entries(found).filter(([, value]) => value !== undefined)
  return { name: (text.split('\n', 1)[0] ?? '').trim(), ...(Object.fromEntries(told) as Omit<NodeFacts, 'name'>) }
}

/** Those with a star were given when the builder was made, and are the only ones that count. */
function readPlatforms(list: string | undefined): string | undefined {
  const all = list?.split(', ')
  const given = all?.filter(platform => platform.endsWith('*')).map(platform => platform.slice(0, -1)) ?? []
  return (given.length > 0 ? given : all)?.join(',')
}
