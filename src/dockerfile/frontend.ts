/**
 * Whether Docker's own frontend reads the file: only its `# syntax` says of no other. Another one may take arguments and names that no instruction
 * shows. Rules: frontend/dockerfile/parser/directives.go (DetectSyntax); the build argument takes its place (frontend/gateway).
 */
export function isDockersFrontend(text: string, buildArgs: Readonly<Record<string, string>>): boolean {
  const syntax = buildArgs['BUILDKIT_SYNTAX'] || syntaxOf(text)
  return syntax === undefined || /^(docker\.io\/)?docker\/dockerfile(-upstream)?(?=[:@]|$)/.test(syntax)
}

/** What the directive says up to its first blank; directives stand before all else, without empty lines between them. */
function syntaxOf(text: string): string | undefined {
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    const [, name = '', value = ''] = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S+)/.exec(line) ?? []
    if (name.toLowerCase() === 'syntax') return value
    if (name === '' && !line.startsWith('#!')) return undefined
  }
  return undefined
}
