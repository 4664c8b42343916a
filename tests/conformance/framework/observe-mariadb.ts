import type { SchemaLine } from './observe.ts'
import type { Observer } from './twin.ts'

const objects = `
SELECT 'table', table_name FROM information_schema.tables WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SEQUENCE')
UNION ALL SELECT 'view', table_name FROM information_schema.views WHERE table_schema = database()
UNION ALL SELECT lower(routine_type), routine_name FROM information_schema.routines WHERE routine_schema = database()
UNION ALL SELECT 'trigger', trigger_name FROM information_schema.triggers WHERE trigger_schema = database()`

export async function describeMariadb(observer: Observer): Promise<readonly SchemaLine[]> {
  const lines: SchemaLine[] = []
  const rows = await observer.query(objects)
  for (const [kind, found] of rows) {
    const object = String(found)
    const name = `\`${object.replaceAll('`', '``')}\``
    const shown = await observer.query(`SHOW CREATE ${String(kind)} ${name}`)
    // Definition texts stand in the column that starts with the word; the database's name is in some of them.
    const definition = shown[0]?.find((value) => /^\s*CREATE\b/i.test(String(value)))
    lines.push({ object, line: `${String(kind)} ${withoutCounter(String(definition))}` })
    if (kind === 'table') lines.push(...(await rowsOf(observer, object, name)))
  }
  return lines
}

async function rowsOf(observer: Observer, object: string, name: string): Promise<readonly SchemaLine[]> {
  const columns = await observer.query(
    `SELECT column_name FROM information_schema.columns WHERE table_schema = database() AND table_name = '${object.replaceAll("'", "''")}' ORDER BY ordinal_position`,
  )
  if (/^(?:databasechangelog|sluice)/i.test(object) || columns.length === 0) return []
  const list = columns.map(([column]) => `quote(\`${String(column).replaceAll('`', '``')}\`)`)
  const rows = await observer.query(`SELECT concat_ws(', ', ${list.join(', ')}) FROM ${name} LIMIT 100`)
  return rows.map(([line]) => ({ object, line: `row ${String(line)}` }))
}

function withoutCounter(definition: string): string {
  return definition.replace(/ AUTO_INCREMENT=\d+/, '').replaceAll(/\bDEFINER=\S+ /g, '')
}
