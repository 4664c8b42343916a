import { objectId } from '@sluice/engine'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn } from './reading.ts'
import type { Reading } from './reading.ts'

interface IndexRow {
  readonly oid: string
  readonly name: string
  readonly schema: string
  readonly table: string
  readonly tableOid: string
  readonly kind: string
  readonly definition: string
  readonly isClustered: boolean
  readonly isReplicaIdentity: boolean
  readonly isValid: boolean
  readonly tablespace: string | null
  readonly statistics: readonly (readonly [number, number])[] | null
  readonly comment: string | null
}

function indexQuery(reading: Reading, condition: string): string {
  return `SELECT c.oid::text AS oid, c.relname AS name, n.nspname AS schema, t.relname AS table, t.oid::text AS "tableOid", t.relkind AS kind,
  pg_get_indexdef(c.oid, 0, ${String(reading.isPortable)}) AS definition, i.indisclustered AS "isClustered", i.indisreplident AS "isReplicaIdentity",
  i.indisvalid AS "isValid", ts.spcname AS tablespace,
  (SELECT json_agg(json_build_array(a.attnum, a.attstattarget) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0) AS statistics,
  d.description AS comment
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  WHERE c.relnamespace = ANY ($1::oid[]) AND t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't'
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AND ${condition} ORDER BY c.relname`
}

const isAttached = 'EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = c.oid)'

/** Indexes that no constraint makes, on tables and materialised views. */
export async function readIndexes(reading: Reading): Promise<void> {
  for (const row of await reading.rows<IndexRow>(indexQuery(reading, `NOT ${isAttached}`))) {
    if (isExtensionMember(reading, `pg_class:${row.oid}`)) continue
    const relation = objectId({
      type: row.kind === 'm' ? 'materializedView' : 'table',
      schema: reading.schemaOf(row.schema),
      name: row.table,
    })
    if (!reading.byId.has(relation)) continue
    const table = reading.qualified(row.schema, row.table)
    const index = reading.qualified(row.schema, row.name)
    reading.add(
      {
        type: 'index',
        schema: reading.schemaOf(row.schema),
        table: row.table,
        name: row.name,
        properties: {
          definition: onWholeTable(row.definition),
          isClustered: row.isClustered,
          isReplicaIdentity: row.isReplicaIdentity,
          tablespace: row.tablespace,
          statistics: (row.statistics ?? []).map(([number, target]) => `${String(number)}: ${String(target)}`),
          comment: row.comment,
        },
        create: [
          onWholeTable(row.definition),
          ...(row.tablespace === null ? [] : [`ALTER INDEX ${index} SET TABLESPACE ${reading.quote(row.tablespace)}`]),
          ...(row.statistics ?? []).map(
            ([number, target]) => `ALTER INDEX ${index} ALTER COLUMN ${String(number)} SET STATISTICS ${String(target)}`,
          ),
          ...(row.isClustered
            ? [`ALTER ${row.kind === 'm' ? 'MATERIALIZED VIEW' : 'TABLE'} ${table} CLUSTER ON ${reading.quote(row.name)}`]
            : []),
          ...(row.isReplicaIdentity ? [`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${reading.quote(row.name)}`] : []),
          ...commentOn(`INDEX ${index}`, row.comment),
        ],
        drop: [`DROP INDEX ${index}`],
        dependsOn: new Set([relation]),
      },
      `pg_class:${row.oid}`,
    )
  }
}

/** An index of a partition that belongs to one of its parent. */
export interface PartitionIndex {
  readonly name: string
  readonly create: readonly string[]
}

/**
 * Indexes of partitions that belong to an index of their parent, as statements by the partition's oid. Made with the partition, under
 * their own names; the parent's index finds them there and takes them in.
 */
export async function readPartitionIndexes(reading: Reading): Promise<ReadonlyMap<string, readonly PartitionIndex[]>> {
  const indexes = new Map<string, PartitionIndex[]>()
  for (const { tableOid, definition, schema, name, comment } of await reading.rows<IndexRow>(indexQuery(reading, isAttached))) {
    const create = [definition, ...commentOn(`INDEX ${reading.qualified(schema, name)}`, comment)]
    indexes.set(tableOid, [...(indexes.get(tableOid) ?? []), { name, create }])
  }
  return indexes
}

/** The catalogue writes a partitioned table's index for the table alone. */
function onWholeTable(definition: string): string {
  return definition.replace(/^(CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|[^\s"]+) ON) ONLY /, '$1 ')
}
