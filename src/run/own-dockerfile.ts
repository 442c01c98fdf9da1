import type { Host } from '../host'

/** Writes a Dockerfile made from the one at `original`, with the ignore file that belongs to that; gives its path. */
export async function writeDockerfile(host: Host, original: string, text: string): Promise<string> {
  const directory = await host.files.makeTemporary('dockerfile-')
  const path = `${directory}/Dockerfile`
  // BuildKit looks for an ignore file of this name first (frontend/dockerui/context.go).
  const ignore = await host.files.read(`${original}.dockerignore`)
  await host.files.write(path, text)
  if (ignore !== undefined) await host.files.write(`${path}.dockerignore`, ignore)
  return path
}
