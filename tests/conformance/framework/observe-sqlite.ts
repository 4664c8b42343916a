import type { SchemaLine } from './observe.ts'
import type { Observer } from './twin.ts'

const structure = `
WITH t AS (SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%')
SELECT name, 'table ' || name || CASE WHEN sql LIKE '%AUTOINCREMENT%' THEN ' AUTOINCREMENT' ELSE '' END FROM t
UNION ALL SELECT t.name, 'column ' || c.cid || ' ' || t.name || '.' || c.name || ' ' || c.type || CASE c."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END
  || ' default=' || coalesce(c.dflt_value, '∅') || ' pk=' || c.pk || ' hidden=' || c.hidden FROM t, pragma_table_xinfo(t.name) c
UNION ALL SELECT t.name, 'foreign key ' || t.name || ' ' || f.seq || ' ' || f."table" || ' ' || f."from" || ' ' || coalesce(f."to", '∅') || ' ' || f.on_update || ' '
  || f.on_delete FROM t, pragma_foreign_key_list(t.name) f
UNION ALL SELECT t.name, 'index ' || CASE WHEN i.name LIKE 'sqlite_%' THEN 'auto' ELSE i.name END || ' unique=' || i."unique" || ' origin=' || i.origin || ' partial=' || i.partial
  || ' (' || (SELECT group_concat(coalesce(x.name, '∅') || CASE x."desc" WHEN 1 THEN ' DESC' ELSE '' END, ', ') FROM pragma_index_xinfo(i.name) x WHERE x.key = 1) || ')'
  FROM t, pragma_index_list(t.name) i
UNION ALL SELECT tbl_name, type || ' ' || name || ' ' || sql FROM sqlite_master WHERE type IN ('view', 'trigger')`

export async function describeSqlite(observer: Observer): Promise<readonly SchemaLine[]> {
  const rows = await observer.query(structure)
  const lines: SchemaLine[] = rows.map(([object, line]) => ({ object: String(object), line: String(line) }))
  const tables =
    await observer.query(`SELECT t.name, group_concat('quote("' || replace(c.name, '"', '""') || '")', ' || '', '' || ')
    FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
    AND lower(t.name) NOT LIKE 'databasechangelog%' AND t.name NOT LIKE 'sluice%' GROUP BY t.name`)
  for (const [name, columns] of tables) {
    const found = await observer.query(`SELECT ${String(columns)} FROM "${String(name).replaceAll('"', '""')}" LIMIT 100`)
    lines.push(...found.map(([line]) => ({ object: String(name), line: `row ${String(line)}` })))
  }
  return lines
}
