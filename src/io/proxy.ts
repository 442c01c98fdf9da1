/** Whether the way to a URL leads through a proxy for https, which fetch() of node does not know. */
export function needsProxy(url: string, environment: NodeJS.ProcessEnv): boolean {
  return url.startsWith('https:') && Boolean(environment['https_proxy'] || environment['HTTPS_PROXY'])
}
