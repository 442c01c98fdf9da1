/** Whether buildx says that it can only take TLS of the environment, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, by way of a context (its builder/builder.go). */
export function wantsContext(stderr: string): boolean {
  return stderr.includes('TLS data loaded from environment')
}

/** `docker context create …` of the engine that the environment names. */
export function createContextArgv(name: string): readonly string[] {
  return ['context', 'create', name]
}

/** `docker context rm …`, whatever state it is in. */
export function removeContextArgv(name: string): readonly string[] {
  return ['context', 'rm', '--force', name]
}
