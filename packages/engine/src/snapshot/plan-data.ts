import type { Database } from '../database.ts'
import type { ChangelogPlan, ChangelogStep } from './changelog-plan.ts'
import { createFilter } from './filter.ts'
import type { ObjectFilter } from './filter.ts'
import { objectId } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'
import { orderObjects } from './order.ts'
import { stepName } from './plan-creation.ts'
import { openCatalogueOf } from './take-snapshot.ts'

const rowsPerTableMax = 10_000

export interface PlanDataInput {
  readonly database: Database
  /** Of the same database, taken just before. */
  readonly snapshot: Snapshot
  readonly filter?: ObjectFilter | undefined
  /** A table with more rows is an error. Default 10,000. */
  readonly rowsMax?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The rows of every table as INSERT statements, one changeset per table, tables that are referred to first. For small tables of
 * settings and codes: a larger one throws `SNAPSHOT_DATA_TOO_LARGE`. Rolled back by emptying the table.
 */
export async function planData(input: PlanDataInput): Promise<ChangelogPlan> {
  const { database, snapshot, signal } = input
  const matches = createFilter(input.filter)
  const catalogue = await openCatalogueOf(database)
  const columns = new Map<string, SnapshotObject[]>()
  const referred = new Map<string, string[]>()
  const keyOf = (schema: string | null, table: string): string => JSON.stringify([schema, table])
  // A foreign key depends on columns and keys of the table that it refers to.
  const homes = new Map(snapshot.objects.map((object) => [objectId(object), object.partOf ?? objectId(object)]))
  for (const object of snapshot.objects) {
    if (object.table === undefined) continue
    const key = keyOf(object.schema, object.table)
    if (object.type === 'column') columns.set(key, [...(columns.get(key) ?? []), object])
    if (object.type === 'foreignKey')
      referred.set(key, [...(referred.get(key) ?? []), ...object.dependsOn.map((id) => homes.get(id) ?? id)])
  }
  const tables = snapshot.objects
    .filter((object) => object.type === 'table' && matches(object))
    .map((table) => ({ ...table, dependsOn: [...table.dependsOn, ...(referred.get(keyOf(table.schema, table.name)) ?? [])] }))
  const steps: ChangelogStep[] = []
  for (const { object, phase } of orderObjects(tables).steps) {
    if (phase === 'attach') continue
    signal?.throwIfAborted()
    const own = columns.get(keyOf(object.schema, object.name)) ?? []
    const { statements, remove } = await catalogue.readRows(database, object, own, input.rowsMax ?? rowsPerTableMax)
    if (statements.length === 0) continue
    steps.push({ name: stepName('insert', object), comments: [], statements, rollback: remove, losesData: undefined })
  }
  return { product: snapshot.product, steps, diagnostics: [] }
}
