import { objectId } from '@sluice/engine'
import type { ObjectType, SnapshotObject } from '@sluice/engine'
import type { MysqlReading } from './read-catalogue.ts'
import { onSchema, qualified, schemaOf } from './read-tables.ts'
import { quote, withoutDatabase, withoutDefiner } from './table-text.ts'

/** Functions, procedures, triggers and events, with the SQL mode that their texts mean. */
export async function readRoutines(reading: MysqlReading, schema: string): Promise<void> {
  const routines = await reading.rows(
    'SELECT ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? ORDER BY ROUTINE_TYPE, ROUTINE_NAME',
    [schema],
  )
  for (const [routine, type] of routines) {
    const [name, kind] = [String(routine), String(type)]
    if (kind !== 'FUNCTION' && kind !== 'PROCEDURE') {
      reading.uncarried.push({ type: kind.toLowerCase(), name })
      continue
    }
    const [row] = await reading.rows(`SHOW CREATE ${kind} ${quote(schema)}.${quote(name)}`)
    const text = row?.[2]
    if (text === null || text === undefined) {
      // Without the right to see the body the server gives none.
      reading.uncarried.push({ type: `${kind.toLowerCase()} (its text cannot be read by this user)`, name })
      continue
    }
    add(reading, schema, kind === 'FUNCTION' ? 'function' : 'procedure', name, String(text), String(row?.[1]), undefined, [])
  }
  await readTriggers(reading, schema)
  await readEvents(reading, schema)
}

async function readTriggers(reading: MysqlReading, schema: string): Promise<void> {
  const triggers = await reading.rows(
    `SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
  ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
    [schema],
  )
  let previous: { readonly id: string; readonly slot: string } | undefined
  for (const [trigger, on, timing, event] of triggers) {
    const [name, table] = [String(trigger), String(on)]
    const [row] = await reading.rows(`SHOW CREATE TRIGGER ${quote(schema)}.${quote(name)}`)
    const slot = JSON.stringify([table, timing, event])
    const owner = objectId({ type: 'table', schema: schemaOf(reading, schema), name: table })
    // Of several at one moment the order of creation is the order in which they run.
    const before = previous?.slot === slot ? [previous.id] : []
    add(reading, schema, 'trigger', name, String(row?.[2]), String(row?.[1]), table, [owner, ...before])
    previous = { slot, id: objectId({ type: 'trigger', schema: schemaOf(reading, schema), table, name }) }
  }
}

async function readEvents(reading: MysqlReading, schema: string): Promise<void> {
  const events = await reading.rows(
    'SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ? ORDER BY EVENT_NAME',
    [schema],
  )
  for (const [event] of events) {
    const name = String(event)
    const [row] = await reading.rows(`SHOW CREATE EVENT ${quote(schema)}.${quote(name)}`)
    add(reading, schema, 'event', name, String(row?.[3]), String(row?.[1]), undefined, [])
  }
}

function add(
  reading: MysqlReading,
  schemaName: string,
  type: ObjectType,
  name: string,
  text: string,
  sqlMode: string,
  table: string | undefined,
  dependsOn: readonly string[],
): void {
  const word = type.toUpperCase()
  const local = withoutDefiner(text)
  const quoted = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\\s(.`"]+)'
  const head = new RegExp(`^(CREATE (?:AGGREGATE )?${word} )(?:${quoted}\\.)?(${quoted})`, 'i')
  const definition = (
    reading.isPortable ? withoutDatabaseInHead(local, schemaName) : onDatabase(local, schemaName, head, type)
  ).trimEnd()
  const mode = withoutIgnoreSpace(sqlMode)
  const isOtherMode = mode !== withoutIgnoreSpace(reading.sqlMode)
  const object: SnapshotObject = {
    type,
    schema: schemaOf(reading, schemaName),
    ...(table === undefined ? {} : { table }),
    name,
    properties: { definition, sqlMode: mode },
    create: isOtherMode
      ? [
          'SET @sluice_sql_mode = @@SESSION.sql_mode',
          `SET SESSION sql_mode = '${mode.replaceAll("'", "''")}'`,
          definition,
          'SET SESSION sql_mode = @sluice_sql_mode',
        ]
      : [definition],
    drop: [`DROP ${word} ${qualified(reading, schemaName, name)}`],
    dependsOn: [...onSchema(reading, schemaName), ...dependsOn],
  }
  reading.objects.push(object)
}

/** Drivers put this one in by themselves; it changes how texts are read and not what a stored one means. */
function withoutIgnoreSpace(mode: string): string {
  return mode
    .split(',')
    .filter((name) => name !== 'IGNORE_SPACE')
    .join(',')
}

/** Only what stands before the body: inside of it a name with its database was written so by somebody. */
function withoutDatabaseInHead(text: string, schema: string): string {
  const at = text.search(/\b(?:BEGIN|RETURN|FOR EACH ROW|DO)\b/i)
  return at === -1 ? text : withoutDatabase(text.slice(0, at), schema) + text.slice(at)
}

function onDatabase(text: string, schema: string, head: RegExp, type: ObjectType): string {
  const named = text.replace(head, `$1${quote(schema).replaceAll('$', '$$$$')}.$2`)
  if (type !== 'trigger') return named
  return named.replace(
    / ON (?:`(?:[^`]|``)*`\.)?(`(?:[^`]|``)*`) FOR EACH ROW/i,
    ` ON ${quote(schema).replaceAll('$', '$$$$')}.$1 FOR EACH ROW`,
  )
}
