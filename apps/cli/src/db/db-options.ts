/** Options that every `sluice db` command takes. */
export interface ConnectionOptions {
  readonly url: string
  readonly user?: string
  readonly passwordFile?: string
  readonly historySchema?: string
  readonly historyTable?: string
  readonly lockTable?: string
}

/** Options of those that read a changelog. */
export interface ChangelogOptions {
  readonly changelog: string
  readonly searchPath: string
  readonly contexts?: string
  readonly labels?: string
  readonly param: readonly string[]
}
