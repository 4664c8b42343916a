import type { SchemaLine } from './observe.ts'
import type { Observer } from './twin.ts'

const structure = `
WITH spaces AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'),
relations AS (SELECT c.*, s.nspname FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace)
SELECT relname, 'relation ' || nspname || '.' || relname || ' ' || relkind::text || ' ' || coalesce(obj_description(oid, 'pg_class'), '∅')
  || ' ' || coalesce(reloptions::text, '') || ' ' || relpersistence::text FROM relations WHERE relkind <> 'i'
UNION ALL SELECT r.relname, 'column ' || rank() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) || ' ' || r.relname || '.' || a.attname || ' '
  || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || ' identity=' || a.attidentity::text
  || ' generated=' || a.attgenerated::text || ' default=' || coalesce(pg_get_expr(d.adbin, d.adrelid), '∅')
  || ' comment=' || coalesce(col_description(a.attrelid, a.attnum), '∅')
  FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE r.relkind IN ('r', 'v', 'm', 'p', 'f')
UNION ALL SELECT r.relname, 'constraint ' || r.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN relations r ON r.oid = k.conrelid
UNION ALL SELECT t.relname, 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisclustered THEN ' CLUSTERED' ELSE '' END
  FROM pg_index i JOIN relations t ON t.oid = i.indrelid
UNION ALL SELECT sequencename, 'sequence ' || concat_ws(' ', schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size, last_value)
  FROM pg_sequences
UNION ALL SELECT relname, 'view ' || relname || ' ' || pg_get_viewdef(oid) FROM relations WHERE relkind IN ('v', 'm')
UNION ALL SELECT p.proname, 'routine ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')
UNION ALL SELECT r.relname, 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL SELECT t.typname, 'type ' || t.typname || ' ' || t.typtype::text FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace WHERE t.typtype IN ('e', 'd')`

const tables = `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)' AND c.relname !~ '^(databasechangelog|sluice_)'`

export async function describePostgres(observer: Observer): Promise<readonly SchemaLine[]> {
  const rows = await observer.query(structure)
  const lines = rows.map(([object, line]) => ({ object: String(object), line: String(line) }))
  const parts = (await observer.query(tables)).map(([schema, table]) => {
    const name = String(table).replaceAll('"', '""')
    const text = name.replaceAll("'", "''")
    return `(SELECT '${text}', 'row ' || t::text FROM "${String(schema)}"."${name}" t LIMIT 100)`
  })
  if (parts.length === 0) return lines
  const data = await observer.query(parts.join(' UNION ALL '))
  return [...lines, ...data.map(([object, line]) => ({ object: String(object), line: String(line) }))]
}
