/** Whether the way to a URL leads through a proxy, which fetch() of node does not know. */
export function needsProxy(url: string, environment: NodeJS.ProcessEnv): boolean {
  const names = url.startsWith('https:') ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY']
  return names.some(name => Boolean(environment[name]))
}
