import { generatedSqlDifferences } from './generated-sql/differences.ts'

/** A comparison in which Sluice does something else than Liquibase on purpose. */
export interface Difference {
  /** `area/name@database`; `*` stands for any text. */
  readonly case: string
  readonly reason: string
}

/** Where Sluice differs on purpose, and why. docs/conformance.md shows this list. A case that no longer differs fails its test. */
export const differences: readonly Difference[] = [...generatedSqlDifferences]
