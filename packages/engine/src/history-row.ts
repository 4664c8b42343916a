/** One row of DATABASECHANGELOG. Dates are the database's text. */
export interface HistoryRow {
  readonly id: string
  readonly author: string
  readonly path: string
  readonly dateExecuted: string
  readonly orderExecuted: number
  /** EXECUTED, RERAN, MARK_RAN (FAILED and SKIPPED exist in the format but nothing writes them). */
  readonly execType: string
  /** `9:…`, `8:…`, or null after clear-checksums. */
  readonly checksum: string | null
  readonly description: string | null
  readonly comments: string | null
  readonly tag: string | null
  readonly toolVersion: string | null
  readonly contexts: string | null
  readonly labels: string | null
  readonly deploymentId: string | null
}
