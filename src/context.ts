/** What GitHub says of this run, reduced to what decides whose cache it is. */
export interface RunContext {
  readonly event: string
  /** `owner/name`, empty outside GitHub. */
  readonly repository: string
  /** Branch this run builds; undefined for tags and pull requests. */
  readonly branch?: string
  readonly tag?: string
  readonly pullRequest?: number
  /** Branch a pull request, a merge group or a release is made against. */
  readonly baseBranch?: string
  readonly defaultBranch?: string
}
