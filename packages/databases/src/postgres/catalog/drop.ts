import type { Database, SnapshotObject } from '@sluice/engine'

/** Kinds that go with their table, and those that are dropped by name. */
const standalone = new Set<SnapshotObject['type']>([
  'extension',
  'collation',
  'enum',
  'range',
  'composite',
  'domain',
  'operator',
  'operatorFamily',
  'operatorClass',
  'cast',
  'conversion',
  'textSearchDictionary',
  'textSearchConfiguration',
  'sequence',
  'table',
  'foreignTable',
  'statistics',
  'view',
  'materializedView',
  'function',
  'procedure',
  'aggregate',
  'defaultPrivileges',
])

/** With IF EXISTS and CASCADE: within the schemas everything goes anyway, and nothing outside depends on it. */
export function dropPostgresForcibly({ type, drop }: SnapshotObject): readonly string[] {
  if (!standalone.has(type)) return []
  if (type === 'defaultPrivileges') return drop
  return drop.map((statement) => {
    const match =
      /^(DROP (?:OPERATOR (?:CLASS|FAMILY)|(?:MATERIALIZED |FOREIGN |TEXT SEARCH )?[A-Z]+)) (?:IF EXISTS )?(.*)$/s.exec(statement)
    return match === null ? statement : `${match[1] ?? ''} IF EXISTS ${match[2] ?? ''} CASCADE`
  })
}

/** Objects of other schemas that depend on something in these ones, as the server describes them; extensions' members do not count. */
export async function findPostgresDependents(database: Database, schemas: readonly string[]): Promise<readonly string[]> {
  const list = `{${schemas.map((schema) => `"${schema.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`
  const { rows } = await database.query(
    `WITH inside AS (
    SELECT 'pg_class'::regclass AS class, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY ($1::text[])
    UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1::text[])
    UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = ANY ($1::text[])
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = ANY ($1::text[])),
  used AS (SELECT d.classid, d.objid, d.objsubid FROM pg_depend d JOIN inside i ON i.class = d.refclassid AND i.oid = d.refobjid WHERE d.deptype IN ('n', 'a'))
  SELECT DISTINCT pg_describe_object(u.classid, u.objid, u.objsubid) FROM used u
  LEFT JOIN pg_rewrite r ON u.classid = 'pg_rewrite'::regclass AND r.oid = u.objid
  LEFT JOIN pg_trigger g ON u.classid = 'pg_trigger'::regclass AND g.oid = u.objid
  LEFT JOIN pg_attrdef a ON u.classid = 'pg_attrdef'::regclass AND a.oid = u.objid
  LEFT JOIN pg_policy p ON u.classid = 'pg_policy'::regclass AND p.oid = u.objid
  LEFT JOIN pg_class c ON c.oid = CASE WHEN u.classid = 'pg_class'::regclass THEN u.objid ELSE coalesce(r.ev_class, g.tgrelid, a.adrelid, p.polrelid) END
  LEFT JOIN pg_proc f ON u.classid = 'pg_proc'::regclass AND f.oid = u.objid
  LEFT JOIN pg_type t ON u.classid = 'pg_type'::regclass AND t.oid = u.objid
  LEFT JOIN pg_constraint k ON u.classid = 'pg_constraint'::regclass AND k.oid = u.objid
  JOIN pg_namespace n ON n.oid = coalesce(c.relnamespace, f.pronamespace, t.typnamespace, k.connamespace)
  WHERE NOT n.nspname = ANY ($1::text[]) AND n.nspname !~ '^pg_' ORDER BY 1 LIMIT 1000`,
    [list],
  )
  return rows.map(([description]) => String(description))
}
