import { isExtensionMember } from './read-dependencies.ts'
import { commentOn, literal } from './reading.ts'
import type { Reading } from './reading.ts'

interface ExtensionRow {
  readonly oid: string
  readonly name: string
  readonly schema: string
  readonly version: string
}

interface CollationRow {
  readonly oid: string
  readonly schema: string
  readonly row: Readonly<Record<string, string | number | boolean | null>>
  readonly comment: string | null
}

interface StatisticsRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly definition: string
  readonly target: number | null
  readonly comment: string | null
}

/** The schemas themselves; a portable snapshot has none. */
export async function readSchemas(reading: Reading): Promise<void> {
  if (reading.isPortable) return
  const rows = await reading.rows<{
    name: string
    comment: string | null
  }>(`SELECT n.nspname AS name, d.description AS comment FROM pg_namespace n
  LEFT JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'pg_namespace'::regclass WHERE n.oid = ANY ($1::oid[])`)
  for (const { name, comment } of rows) {
    // Every new database has it, with this comment.
    const isBuiltIn = name === 'public'
    const usual = isBuiltIn ? 'standard public schema' : null
    const quoted = reading.quote(name)
    reading.add(
      {
        type: 'schema',
        schema: null,
        name,
        properties: { comment: comment === usual ? null : comment },
        create: [
          `CREATE SCHEMA ${isBuiltIn ? 'IF NOT EXISTS ' : ''}${quoted}`,
          ...(comment === usual ? [] : commentOn(`SCHEMA ${quoted}`, comment)),
        ],
        drop: isBuiltIn ? [] : [`DROP SCHEMA ${quoted}`],
        dependsOn: new Set(),
      },
      undefined,
    )
  }
}

/** Extensions are the database's: those in other schemas are part of a snapshot too, since types and functions come from them. */
export async function readExtensions(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<ExtensionRow>(`SELECT 'pg_extension:' || e.oid AS oid, e.extname AS name, n.nspname AS schema, e.extversion AS version
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'`)
  for (const row of rows) {
    const isHere = reading.hasSchema(row.schema)
    const place = isHere && reading.isPortable ? '' : ` WITH SCHEMA ${reading.quote(row.schema)}`
    const name = reading.quote(row.name)
    reading.add(
      {
        type: 'extension',
        schema: null,
        name: row.name,
        properties: { schema: isHere && reading.isPortable ? null : row.schema, version: row.version },
        create: [`CREATE EXTENSION IF NOT EXISTS ${name}${place}`],
        drop: isHere ? [`DROP EXTENSION ${name}`] : [],
        dependsOn: new Set(!reading.isPortable && isHere ? [`schema ${row.schema}`] : []),
      },
      row.oid,
    )
  }
}

export async function readCollations(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<CollationRow>(`SELECT 'pg_collation:' || c.oid AS oid, n.nspname AS schema, to_json(c) AS row, d.description AS comment
  FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_collation'::regclass WHERE c.collnamespace = ANY ($1::oid[])`)
  for (const { oid, schema, row, comment } of rows) {
    if (isExtensionMember(reading, oid)) continue
    const text = (column: string): string | null => (typeof row[column] === 'string' ? String(row[column]) : null)
    const provider = { b: 'builtin', c: 'libc', i: 'icu' }[text('collprovider') ?? ''] ?? 'libc'
    // Where the locale stands has moved between versions 14, 15 and 17.
    const locale = text('colllocale') ?? text('colliculocale') ?? (provider === 'icu' ? text('collcollate') : null)
    const options = [
      `provider = ${provider}`,
      ...(locale === null
        ? [`lc_collate = ${literal(text('collcollate') ?? '')}`, `lc_ctype = ${literal(text('collctype') ?? '')}`]
        : [`locale = ${literal(locale)}`]),
      ...(row['collisdeterministic'] === false ? ['deterministic = false'] : []),
      ...(text('collicurules') === null ? [] : [`rules = ${literal(text('collicurules') ?? '')}`]),
    ]
    const name = reading.qualified(schema, text('collname') ?? '')
    reading.add(
      {
        type: 'collation',
        schema: reading.schemaOf(schema),
        name: text('collname') ?? '',
        properties: { options, comment },
        create: [`CREATE COLLATION ${name} (${options.join(', ')})`, ...commentOn(`COLLATION ${name}`, comment)],
        drop: [`DROP COLLATION ${name}`],
        dependsOn: new Set(),
      },
      oid,
    )
  }
}

/** Extended statistics. */
export async function readStatistics(reading: Reading): Promise<void> {
  const target = reading.version >= 130000 ? 's.stxstattarget' : 'NULL'
  const rows =
    await reading.rows<StatisticsRow>(`SELECT 'pg_statistic_ext:' || s.oid AS oid, n.nspname AS schema, s.stxname AS name,
  pg_get_statisticsobjdef(s.oid) AS definition, ${target} AS target, d.description AS comment FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
  LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass WHERE s.stxnamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    const name = reading.qualified(row.schema, row.name)
    const full = `CREATE STATISTICS ${reading.quote(row.schema)}.${reading.quote(row.name)}`
    const definition = row.definition.startsWith(full)
      ? `CREATE STATISTICS ${name}${row.definition.slice(full.length)}`
      : row.definition
    const statistics = row.target === null || row.target < 0 ? null : row.target
    reading.add(
      {
        type: 'statistics',
        schema: reading.schemaOf(row.schema),
        name: row.name,
        properties: { definition, statistics, comment: row.comment },
        create: [
          definition,
          ...(statistics === null ? [] : [`ALTER STATISTICS ${name} SET STATISTICS ${String(statistics)}`]),
          ...commentOn(`STATISTICS ${name}`, row.comment),
        ],
        drop: [`DROP STATISTICS ${name}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}
