import { objectId } from '@sluice/engine'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn, literal } from './reading.ts'
import type { Reading } from './reading.ts'

interface PublicationRow {
  readonly oid: string
  readonly isAllTables: boolean
  readonly name: string
  readonly row: Readonly<Record<string, string | number | boolean | null>>
  readonly tables: readonly PublishedTable[] | null
  readonly schemas: readonly string[] | null
  readonly comment: string | null
}

interface PublishedTable {
  readonly oid: string
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[] | null
  readonly condition: string | null
}

const events: readonly (readonly [column: string, event: string])[] = [
  ['pubinsert', 'insert'],
  ['pubupdate', 'update'],
  ['pubdelete', 'delete'],
  ['pubtruncate', 'truncate'],
]

/** Publications, where schemas are named: they are the database's. Subscriptions hold passwords and are never read. */
export async function readPublications(reading: Reading): Promise<void> {
  if (reading.isPortable) return
  const isNew = reading.version >= 150000
  const columns = isNew
    ? `(SELECT json_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs))`
    : 'NULL'
  const rows =
    await reading.rows<PublicationRow>(`SELECT 'pg_publication:' || p.oid AS oid, p.pubname AS name, p.puballtables AS "isAllTables", to_json(p) AS row,
  (SELECT json_agg(json_build_object('oid', 'pg_publication_rel:' || r.oid, 'schema', n.nspname, 'table', c.relname, 'columns', ${columns},
      'condition', ${isNew ? 'pg_get_expr(r.prqual, r.prrelid)' : 'NULL'}) ORDER BY n.nspname, c.relname)
    FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid) AS tables,
  ${isNew ? '(SELECT json_agg(n.nspname ORDER BY n.nspname) FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid)' : 'NULL'} AS schemas,
  obj_description(p.oid, 'pg_publication') AS comment FROM pg_publication p`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const target = `PUBLICATION ${reading.quote(row.name)}`
    const tables = row.tables ?? []
    const parts = [
      ...tables.map((table) => publishedText(reading, table)),
      ...(row.schemas ?? []).map((schema) => `TABLES IN SCHEMA ${reading.quote(schema)}`),
    ]
    const generated = { n: null, s: 'stored' }[String(row.row['pubgencols'] ?? 'n')] ?? null
    const options = [
      `publish = ${literal(
        events
          .filter(([column]) => row.row[column] === true)
          .map(([, event]) => event)
          .join(', '),
      )}`,
      ...(row.row['pubviaroot'] === true ? ['publish_via_partition_root = true'] : []),
      ...(generated === null ? [] : [`publish_generated_columns = ${generated}`]),
    ]
    const what = row.isAllTables ? '\n    FOR ALL TABLES' : parts.length === 0 ? '' : `\n    FOR ${parts.join(', ')}`
    const id = reading.add(
      {
        type: 'publication',
        schema: null,
        name: row.name,
        properties: { isAllTables: row.isAllTables, published: parts, options, comment: row.comment },
        create: [`CREATE ${target}${what}\n    WITH (${options.join(', ')})`, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(
          (row.schemas ?? [])
            .filter((name) => reading.hasSchema(name))
            .map((name) => objectId({ type: 'schema', schema: null, name })),
        ),
      },
      row.oid,
    )
    for (const { oid } of tables) reading.ids.set(oid, id)
  }
}

function publishedText(reading: Reading, { schema, table, columns, condition }: PublishedTable): string {
  const list = columns === null ? '' : ` (${columns.join(', ')})`
  const filter = condition === null ? '' : ` WHERE ${condition.startsWith('(') ? condition : `(${condition})`}`
  return `TABLE ONLY ${reading.qualified(schema, table)}${list}${filter}`
}
