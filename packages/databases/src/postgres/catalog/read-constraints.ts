import type { ObjectType } from '@sluice/engine'
import { isExtensionMember, usesFunction } from './read-dependencies.ts'
import { commentOn, optionList } from './reading.ts'
import type { Reading } from './reading.ts'

export interface ConstraintRow {
  readonly oid: string
  readonly name: string
  readonly kind: 'p' | 'u' | 'f' | 'c' | 'x'
  readonly schema: string
  readonly table: string
  readonly tableOid: string
  readonly index: string | null
  readonly isLocal: boolean
  /** Some parent has it: it comes and goes with that one's. */
  readonly isInherited: boolean
  readonly isValidated: boolean
  readonly definition: string
  readonly extras: readonly string[]
  readonly comment: string | null
  readonly indexComment: string | null
  readonly options: readonly string[] | null
  readonly isClustered: boolean | null
  readonly isReplicaIdentity: boolean | null
  readonly tablespace: string | null
}

export const constraintTypes: Readonly<Record<ConstraintRow['kind'], ObjectType>> = {
  p: 'primaryKey',
  u: 'unique',
  f: 'foreignKey',
  c: 'check',
  x: 'exclusion',
}

/** Constraints of tables, by the table's oid, those that come with a parent's included. */
export async function readConstraints(reading: Reading): Promise<ReadonlyMap<string, readonly ConstraintRow[]>> {
  const rows =
    await reading.rows<ConstraintRow>(`SELECT k.oid::text AS oid, k.conname AS name, k.contype AS kind, n.nspname AS schema, c.relname AS table,
  c.oid::text AS "tableOid", CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid::text END AS index, k.conislocal AS "isLocal",
  k.coninhcount > 0 OR k.conparentid <> 0 AS "isInherited",
  k.convalidated AS "isValidated", pg_get_constraintdef(k.oid) AS definition, d.description AS comment, ix.description AS "indexComment", ic.reloptions AS options,
  i.indisclustered AS "isClustered", i.indisreplident AS "isReplicaIdentity", ts.spcname AS tablespace
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x') LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
  LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
  LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
  LEFT JOIN pg_description ix ON ix.objoid = ic.oid AND ix.classoid = 'pg_class'::regclass AND ix.objsubid = 0
  WHERE c.relnamespace = ANY ($1::oid[]) AND k.contype IN ('p', 'u', 'f', 'c', 'x') AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' ORDER BY k.contype <> 'p', k.conname`)
  const constraints = new Map<string, ConstraintRow[]>()
  for (const row of rows) {
    const table = reading.qualified(row.schema, row.table)
    const index = reading.qualified(row.schema, row.name)
    const constraint = reading.quote(row.name)
    const extras = [
      ...(row.options === null ? [] : [`ALTER INDEX ${index} SET (${optionList(row.options).join(', ')})`]),
      ...(row.tablespace === null ? [] : [`ALTER INDEX ${index} SET TABLESPACE ${reading.quote(row.tablespace)}`]),
      ...(row.isClustered === true ? [`ALTER TABLE ${table} CLUSTER ON ${constraint}`] : []),
      ...(row.isReplicaIdentity === true ? [`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${constraint}`] : []),
      ...commentOn(`CONSTRAINT ${constraint} ON ${table}`, row.comment),
      ...commentOn(`INDEX ${index}`, row.indexComment),
    ]
    const list = constraints.get(row.tableOid)
    if (list === undefined) constraints.set(row.tableOid, [{ ...row, extras }])
    else list.push({ ...row, extras })
  }
  return constraints
}

/** Whether CREATE TABLE can have it: neither foreign keys nor checks that call functions, which may need the table. */
export function isCreatedInline(
  reading: Reading,
  { kind, oid, isLocal, isValidated }: ConstraintRow,
  isPartition: boolean,
): boolean {
  if (!isLocal && !isPartition) return false
  if (kind === 'f' || kind === 'x' || !isValidated) return false
  // A partition has to have its parent's checks before it is attached.
  if (isPartition && !isLocal) return true
  return kind !== 'c' || !usesFunction(reading, `pg_constraint:${oid}`)
}

export function addConstraint(reading: Reading, row: ConstraintRow, tableId: string, isInline: boolean): void {
  if (isExtensionMember(reading, `pg_constraint:${row.oid}`)) return
  const table = reading.qualified(row.schema, row.table)
  const id = reading.add(
    {
      type: constraintTypes[row.kind],
      schema: reading.schemaOf(row.schema),
      table: row.table,
      name: row.name,
      properties: {
        definition: row.definition,
        options: optionList(row.options),
        isClustered: row.isClustered === true,
        isReplicaIdentity: row.isReplicaIdentity === true,
        tablespace: row.tablespace,
        comment: row.comment,
        indexComment: row.indexComment,
      },
      create: [`ALTER TABLE ${table} ADD CONSTRAINT ${reading.quote(row.name)} ${row.definition}`, ...row.extras],
      drop: [`ALTER TABLE ${table} DROP CONSTRAINT ${reading.quote(row.name)}`],
      dependsOn: new Set([tableId]),
      ...(isInline ? { partOf: tableId } : {}),
    },
    `pg_constraint:${row.oid}`,
  )
  // What depends on the index (foreign keys) depends on the constraint that makes it.
  if (row.index !== null) reading.ids.set(`pg_class:${row.index}`, id)
}
