/** What is to be known of a ref that was joined from several. */
export interface Joined {
  /** Names of stages of which it holds older content beside the newest, as often as it holds one. */
  readonly older: readonly string[]
  /** Names of the stages it holds, with what they read; missing where a whole build is in it. */
  readonly only?: readonly string[]
  /** Names of stages of which it holds beginnings that builds which failed made, as often as it holds one. */
  readonly begun?: readonly string[]
}

/** Whether a value says what a joined ref holds. */
export function isJoined(value: unknown): value is Joined {
  const { older, only = [], begun = [] } = (value ?? {}) as Partial<Joined>
  return [older, only, begun].every(names => Array.isArray(names) && names.every(name => typeof name === 'string'))
}
