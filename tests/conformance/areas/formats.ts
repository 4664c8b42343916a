import type { ChangesetArea, ChangesetCase } from '../framework/model.ts'
import { columns } from './columns.ts'
import { constraints } from './constraints.ts'
import { data } from './data.ts'
import { objects } from './objects.ts'
import { preconditions } from './preconditions.ts'
import { sql } from './sql.ts'
import { tables } from './tables.ts'

/** Each change type, and each way of saying something about a column, once more in another format. */
const chosen: readonly ChangesetCase[] = [tables, columns, constraints, objects, data, sql]
  .flatMap((area) => area.cases)
  .filter(
    (one) =>
      !one.name.includes('-') ||
      /^column-|^insert-|^modifySql-|^createView-path|^loadData-(?:index|types)|^sql-(?:delimiter|strip)/.test(one.name),
  )
  .filter((one) => !JSON.stringify(one).includes('$plain'))

export const xml: ChangesetArea = {
  area: 'xml',
  kind: 'changesets',
  format: 'xml',
  cases: [...chosen, ...preconditions.cases.slice(0, 42)],
}
export const json: ChangesetArea = { area: 'json', kind: 'changesets', format: 'json', cases: chosen }
