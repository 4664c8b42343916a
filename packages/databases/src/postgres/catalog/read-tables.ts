import { objectId } from '@sluice/engine'
import { createColumnOrder } from './column-order.ts'
import { describeColumn } from './column-text.ts'
import type { ColumnRow, ColumnText } from './column-text.ts'
import { addConstraint, constraintTypes, isCreatedInline, readConstraints } from './read-constraints.ts'
import type { ConstraintRow } from './read-constraints.ts'
import { isExtensionMember, usesFunction } from './read-dependencies.ts'
import { readPartitionIndexes } from './read-indexes.ts'
import type { PartitionIndex } from './read-indexes.ts'
import type { SequenceRow } from './read-sequences.ts'
import { describeForeignTable } from './read-foreign.ts'
import { commentOn, optionList, tableType } from './reading.ts'
import type { Draft, Reading } from './reading.ts'

interface TableRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** Plain, partitioned, foreign. */
  readonly kind: 'r' | 'p' | 'f'
  readonly persistence: string
  readonly isPartition: boolean
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  readonly replicaIdentity: string
  readonly options: readonly string[] | null
  readonly toastOptions: readonly string[] | null
  readonly method: string | null
  readonly tablespace: string | null
  readonly partitionKey: string | null
  readonly bound: string | null
  readonly parents: readonly (readonly [schema: string, name: string, oid: string, kind: string])[] | null
  readonly ofType: string | null
  readonly server: string | null
  readonly foreignOptions: readonly string[] | null
  readonly comment: string | null
}

/** Columns of tables, views and composite types by their relation's oid. */
export async function readColumns(reading: Reading): Promise<ReadonlyMap<string, readonly ColumnRow[]>> {
  const rows =
    await reading.rows<ColumnRow>(`SELECT a.attrelid::text AS table, a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AS "notNull", a.attidentity AS identity, a.attgenerated AS generated, pg_get_expr(ad.adbin, ad.adrelid) AS expression,
  'pg_attrdef:' || ad.oid AS "defaultOid",
  CASE WHEN a.attcollation <> t.typcollation THEN json_build_array(cn.nspname, co.collname) END AS collation,
  CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage, ${reading.version >= 140000 ? 'a.attcompression' : "''"} AS compression,
  a.attstattarget AS statistics, a.attoptions AS options, a.attfdwoptions AS "foreignOptions", a.attislocal AS "isLocal",
  a.attinhcount > 0 AS "isInherited", d.description AS comment
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
  WHERE c.relnamespace = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`)
  const columns = new Map<string, ColumnRow[]>()
  for (const row of rows) {
    const list = columns.get(row.table)
    if (list === undefined) columns.set(row.table, [row])
    else list.push(row)
  }
  return columns
}

/** Tables with their columns and constraints, partitions included. */
export async function readTables(
  reading: Reading,
  columns: ReadonlyMap<string, readonly ColumnRow[]>,
  identities: ReadonlyMap<string, SequenceRow>,
): Promise<void> {
  const rows =
    await reading.rows<TableRow>(`SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence,
  c.relispartition AS "isPartition", c.relrowsecurity AS "rowSecurity", c.relforcerowsecurity AS "forceRowSecurity", c.relreplident AS "replicaIdentity",
  c.reloptions AS options, tc.reloptions AS "toastOptions", CASE WHEN am.amname <> 'heap' THEN am.amname END AS method, ts.spcname AS tablespace,
  CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS "partitionKey", pg_get_expr(c.relpartbound, c.oid) AS bound,
  (SELECT json_agg(json_build_array(pn.nspname, pc.relname, pc.oid::text, pc.relkind) ORDER BY i.inhseqno) FROM pg_inherits i JOIN pg_class pc ON pc.oid = i.inhparent
    JOIN pg_namespace pn ON pn.oid = pc.relnamespace WHERE i.inhrelid = c.oid) AS parents,
  CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS "ofType", fs.srvname AS server, ft.ftoptions AS "foreignOptions", d.description AS comment
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  WHERE c.relnamespace = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'`)
  const columnsInOrder = createColumnOrder(rows, columns)
  const constraints = await readConstraints(reading)
  const partitionIndexes = await readPartitionIndexes(reading)
  for (const row of rows) {
    if (isExtensionMember(reading, `pg_class:${row.oid}`)) continue
    addTable(
      reading,
      row,
      columns,
      columnsInOrder,
      constraints.get(row.oid) ?? [],
      identities,
      partitionIndexes.get(row.oid) ?? [],
    )
  }
}

function addTable(
  reading: Reading,
  row: TableRow,
  allColumns: ReadonlyMap<string, readonly ColumnRow[]>,
  columnsInOrder: (oid: string) => readonly ColumnRow[],
  constraints: readonly ConstraintRow[],
  identities: ReadonlyMap<string, SequenceRow>,
  partitionIndexes: readonly PartitionIndex[],
): void {
  const table = reading.qualified(row.schema, row.name)
  const schema = reading.schemaOf(row.schema)
  const columns = columnsInOrder(row.oid)
  const parents = row.parents ?? []
  const texts = columns.map((column) => ({
    column,
    // Partitions take identity from their parent when they are attached.
    text: describeColumn(
      reading,
      column.isLocal || !row.isPartition ? column : { ...column, identity: '' },
      table,
      identities.get(`${row.oid}:${String(column.number)}`),
    ),
  }))
  // Those that come with INHERITS; a partition is made whole and then attached.
  const own = texts.filter(({ column }) => column.isLocal || row.isPartition)
  const isLate = ({ defaultOid, generated }: ColumnRow): boolean =>
    defaultOid !== null && generated === '' && usesFunction(reading, defaultOid)
  const inline = constraints.filter((constraint) => isCreatedInline(reading, constraint, row.isPartition))
  const lines = [
    ...own.map(({ column, text }) => (isLate(column) ? text.bare : text.definition)),
    ...inline.map(({ name, definition }) => `CONSTRAINT ${reading.quote(name)} ${definition}`),
  ]
  const inherits =
    row.isPartition || parents.length === 0
      ? ''
      : ` INHERITS (${parents.map(([of, name]) => reading.qualified(of, name)).join(', ')})`
  const options = [...optionList(row.options), ...optionList(row.toastOptions, 'toast.')]
  const foreign = row.kind === 'f' ? describeForeignTable(reading, row, table, columns) : undefined
  const overrides = row.isPartition ? [] : inheritedOverrides(reading, texts, parents, allColumns, table)
  const create = [
    `CREATE ${foreign !== undefined ? 'FOREIGN ' : row.persistence === 'u' ? 'UNLOGGED ' : ''}TABLE ${table} (${lines.map((line) => `\n    ${line}`).join(',')}\n)` +
      inherits +
      (row.partitionKey === null ? '' : `\nPARTITION BY ${row.partitionKey}`) +
      (row.method === null ? '' : ` USING ${reading.quote(row.method)}`) +
      (options.length === 0 ? '' : ` WITH (${options.join(', ')})`) +
      (row.tablespace === null ? '' : ` TABLESPACE ${reading.quote(row.tablespace)}`) +
      (foreign?.clause ?? ''),
    ...(foreign?.extras ?? []),
    ...own.flatMap(({ text }) => text.extras),
    ...overrides.filter(({ isSaid }) => !isSaid).map(({ statement }) => statement),
    ...commentOn(`${foreign === undefined ? '' : 'FOREIGN '}TABLE ${table}`, row.comment),
    ...inline.flatMap((constraint) => constraint.extras),
    ...(row.rowSecurity ? [`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`] : []),
    ...(row.forceRowSecurity ? [`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`] : []),
    ...({ f: [`ALTER TABLE ${table} REPLICA IDENTITY FULL`], n: [`ALTER TABLE ${table} REPLICA IDENTITY NOTHING`] }[
      foreign === undefined ? row.replicaIdentity : ''
    ] ?? []),
    ...partitionIndexes.flatMap(({ create: statements }) => statements),
  ]
  const late = own.filter(({ column }) => isLate(column))
  const attach = [
    ...late.map(
      ({ column }) => `ALTER TABLE ${table} ALTER COLUMN ${reading.quote(column.name)} SET DEFAULT ${column.expression ?? ''}`,
    ),
    ...(row.isPartition
      ? parents.map(
          ([of, name]) => `ALTER TABLE ONLY ${reading.qualified(of, name)} ATTACH PARTITION ${table} ${row.bound ?? ''}`,
        )
      : []),
    ...(row.ofType === null ? [] : [`ALTER TABLE ${table} OF ${row.ofType}`]),
  ]
  for (const { column } of late) if (column.defaultOid !== null) reading.lateDefaults.add(column.defaultOid)
  const parentIds = parents.map(([of, name, , kind]) => objectId({ type: tableType(kind), schema: reading.schemaOf(of), name }))
  const draft: Draft = {
    type: tableType(row.kind),
    schema,
    name: row.name,
    properties: {
      ...tableProperties(reading, row, texts, options, overrides),
      ...foreign?.properties,
      '~inherited': inheritedParts(columns, constraints, partitionIndexes),
    },
    create,
    ...(attach.length === 0 ? {} : { attach: { statements: attach, after: new Set(row.isPartition ? parentIds : []) } }),
    drop: [`DROP ${foreign === undefined ? '' : 'FOREIGN '}TABLE ${table}`],
    dependsOn: new Set(parentIds),
  }
  const id = reading.add(draft, `pg_class:${row.oid}`)
  for (const { column, text } of texts) {
    if (column.isInherited) continue
    addColumn(reading, draft, id, row.oid, table, column, text)
  }
  for (const constraint of constraints) {
    // A key that a partition has from its parent leads to other partitions.
    if (constraint.isInherited && constraint.kind === 'f') continue
    if (constraint.isInherited) reading.ids.set(`pg_constraint:${constraint.oid}`, id)
    else addConstraint(reading, constraint, id, inline.includes(constraint))
    if (constraint.index !== null && constraint.isInherited) reading.ids.set(`pg_class:${constraint.index}`, id)
  }
}

/** What belongs to the parents too, as `type name`: of a diff it is no part of its own while the table joins them or leaves them. */
function inheritedParts(
  columns: readonly ColumnRow[],
  constraints: readonly ConstraintRow[],
  indexes: readonly PartitionIndex[],
): string[] {
  return [
    ...columns.filter(({ isInherited }) => isInherited).map(({ name }) => `column ${name}`),
    ...constraints.filter(({ isInherited }) => isInherited).map(({ kind, name }) => `${constraintTypes[kind]} ${name}`),
    ...indexes.map(({ name }) => `index ${name}`),
  ].sort()
}

function tableProperties(
  reading: Reading,
  row: TableRow,
  texts: readonly { readonly column: ColumnRow }[],
  options: readonly string[],
  overrides: readonly Override[],
): Draft['properties'] {
  const parents = row.parents ?? []
  return {
    kind: { r: 'plain', p: 'partitioned', f: 'foreign' }[row.kind],
    columnOrder: [...texts.filter(({ column }) => column.isInherited), ...texts.filter(({ column }) => !column.isInherited)].map(
      ({ column }) => column.name,
    ),
    partitionKey: row.partitionKey,
    partitionOf: row.isPartition ? parents.map(([of, name]) => reading.qualified(of, name)).join(', ') : null,
    partitionBound: row.bound,
    inherits: row.isPartition ? [] : parents.map(([of, name]) => reading.qualified(of, name)),
    overrides: overrides.map(({ statement }) => statement),
    isUnlogged: row.persistence === 'u',
    options,
    accessMethod: row.method,
    tablespace: row.tablespace,
    ofType: row.ofType,
    rowSecurity: row.rowSecurity ? (row.forceRowSecurity ? 'forced' : 'on') : row.forceRowSecurity ? 'off, forced' : 'off',
    // With an index it is the index that says so.
    replicaIdentity: { f: 'full', n: 'nothing' }[row.replicaIdentity] ?? 'default',
    comment: row.comment,
  }
}

function addColumn(
  reading: Reading,
  owner: Draft,
  id: string,
  oid: string,
  table: string,
  row: ColumnRow,
  text: ColumnText,
): void {
  const column = reading.add(
    {
      type: 'column',
      schema: owner.schema,
      table: owner.name,
      name: row.name,
      properties: text.properties,
      create: [`ALTER TABLE ${table} ADD COLUMN ${text.definition}`, ...text.extras],
      drop: [
        `ALTER ${owner.type === 'foreignTable' ? 'FOREIGN TABLE' : 'TABLE'} ${table} DROP COLUMN ${reading.quote(row.name)}`,
      ],
      dependsOn: new Set([id]),
      partOf: id,
    },
    `pg_class:${oid}:${String(row.number)}`,
  )
  if (row.defaultOid !== null) reading.ids.set(row.defaultOid, column)
}

interface Override {
  readonly statement: string
  /** The table says it where it names the column; that there is no default, a name alone does not say. */
  readonly isSaid: boolean
}

/** What a child of INHERITS has otherwise than its parents have it: defaults and NOT NULL. */
function inheritedOverrides(
  reading: Reading,
  texts: readonly { readonly column: ColumnRow; readonly text: ColumnText }[],
  parents: NonNullable<TableRow['parents']>,
  allColumns: ReadonlyMap<string, readonly ColumnRow[]>,
  table: string,
): Override[] {
  const inherited = parents.flatMap(([, , oid]) => allColumns.get(oid) ?? [])
  return texts.flatMap(({ column, text }) => {
    if (!column.isInherited) return []
    const same = inherited.filter(({ name }) => name === column.name)
    const alter = `ALTER TABLE ONLY ${table} ALTER COLUMN ${reading.quote(column.name)}`
    const statements = [...text.extras]
    if (column.generated === '' && !same.some(({ expression }) => expression === column.expression)) {
      statements.push(column.expression === null ? `${alter} DROP DEFAULT` : `${alter} SET DEFAULT ${column.expression}`)
    }
    if (column.notNull && !same.some(({ notNull }) => notNull)) statements.push(`${alter} SET NOT NULL`)
    return statements.map((statement) => ({ statement, isSaid: column.isLocal && statement !== `${alter} DROP DEFAULT` }))
  })
}
