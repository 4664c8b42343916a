import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedSqlDifferences } from './generated-sql/differences.ts'

/** A comparison in which Sluice does something else than Liquibase on purpose. */
export interface Difference {
  /** `area/name@database`; `*` stands for any text. */
  readonly case: string
  readonly reason: string
}

/** Where Sluice differs on purpose, and why. docs/conformance.md shows this list. A case that no longer differs fails its test. */
export const differences: readonly Difference[] = [...liveDifferences(), ...generatedSqlDifferences]

/** Those of cases that run on databases, by reason. */
function liveDifferences(): readonly Difference[] {
  const text = readFileSync(join(import.meta.dirname, 'live-differences.json'), 'utf8')
  return Object.entries(JSON.parse(text) as Record<string, readonly string[]>).flatMap(([reason, cases]) =>
    cases.map((one) => ({ case: one, reason })),
  )
}
