import type { BuilderNode } from '../plan/builder-nodes'

/** The nodes of input `append`, or what is wrong with it. Takes what YAML made of the text. */
export function readNodes(value: unknown): { readonly nodes: readonly BuilderNode[]; readonly problems: readonly string[] } {
  if (!Array.isArray(value))
    return { nodes: [], problems: ['append: is no list of nodes: write - endpoint: tcp://arm-builder:1234'] }
  const problems: string[] = []
  const nodes = value.map((entry: unknown, index): BuilderNode => {
    const refuse = (what: string) => problems.push(`append: node ${index + 1} ${what}`)
    const node = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {}
    for (const key of Object.keys(node))
      if (!keys.includes(key)) refuse(`has an unknown ${JSON.stringify(key)}: known are ${keys.join(', ')}`)
    const text = (key: string) => {
      const given = node[key] ?? ''
      if (typeof given !== 'string') refuse(`needs text for ${key}`)
      return String(given)
    }
    const options = node['driver-opts'] ?? []
    const areTexts = Array.isArray(options) && options.every(option => typeof option === 'string')
    if (!areTexts) refuse('needs a list of texts for driver-opts')
    const endpoint = text('endpoint')
    if (endpoint === '' && Object.keys(node).length === 0) refuse('is empty: write its endpoint')
    return {
      name: text('name'),
      endpoint,
      driverOpts: areTexts ? (options as string[]) : [],
      buildkitdFlags: text('buildkitd-flags'),
      platforms: text('platforms')
    }
  })
  return { nodes, problems }
}

const keys = ['name', 'endpoint', 'driver-opts', 'buildkitd-flags', 'platforms']
