import { messageOf } from '../errors'
import { defaultGitContext, gitServer } from '../git-context'
import type { Host } from '../host'
import { readInputs } from '../inputs'
import type { ReadInputs, Repository } from '../inputs'
import { readNodes } from '../inputs/builder-nodes'

/** The inputs of this job, with all that is wrong with them. */
export async function readJobInputs(host: Host, event: unknown): Promise<ReadInputs & { readonly repository: Repository }> {
  const repository = { defaultContext: defaultGitContext(host.env, event), server: gitServer(host.env) }
  const { inputs, problems } = readInputs(host.workflow.input, repository)
  return { inputs, repository, problems: [...problems, ...(await parseNodes(inputs.append)).problems] }
}

/** The nodes of input `append`. */
export async function parseNodes(append: string): Promise<ReturnType<typeof readNodes>> {
  if (append === '') return { nodes: [], problems: [] }
  // Few jobs need it.
  const { load } = await import('js-yaml')
  try {
    return readNodes(load(append))
  } catch (error) {
    return { nodes: [], problems: [`append: is no YAML: ${messageOf(error).split('\n')[0]}`] }
  }
}
