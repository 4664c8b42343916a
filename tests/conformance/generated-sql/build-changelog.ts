import type { SqlCase } from './case.ts'

/** A JSON changelog of one changeset per case, which both Liquibase and Sluice read. */
export function buildChangelog(cases: readonly SqlCase[]): string {
  const databaseChangeLog = cases.map(({ id, change, ...more }) => ({
    changeSet: { id, author: 't', ...more, changes: [change] },
  }))
  return JSON.stringify({ databaseChangeLog })
}
