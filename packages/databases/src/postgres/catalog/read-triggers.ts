import { isExtensionMember } from './read-dependencies.ts'
import { objectId } from '@sluice/engine'
import { commentOn, literal, tableType } from './reading.ts'
import type { Reading } from './reading.ts'

interface OnTable {
  readonly oid: string
  readonly schema: string
  readonly table: string
  readonly relationKind: string
  readonly name: string
  readonly comment: string | null
}

interface TriggerRow extends OnTable {
  readonly definition: string
  readonly enabled: string
}

interface PolicyRow extends OnTable {
  readonly command: string
  readonly isPermissive: boolean
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
}

interface EventTriggerRow {
  readonly oid: string
  readonly name: string
  readonly event: string
  readonly enabled: string
  readonly tags: readonly string[] | null
  readonly schema: string
  readonly function: string
  readonly comment: string | null
}

const enabling: Readonly<Record<string, string>> = { D: 'DISABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' }
const states: Readonly<Record<string, string>> = { O: 'enabled', D: 'disabled', R: 'replica', A: 'always' }

function relationId(reading: Reading, { relationKind, schema, table }: OnTable): string {
  return objectId({ type: tableType(relationKind), schema: reading.schemaOf(schema), name: table })
}

/** Triggers, rules, policies and event triggers. */
export async function readTriggers(reading: Reading): Promise<void> {
  const triggers =
    await reading.rows<TriggerRow>(`SELECT 'pg_trigger:' || t.oid AS oid, n.nspname AS schema, c.relname AS table, c.relkind AS "relationKind",
  t.tgname AS name, pg_get_triggerdef(t.oid, ${String(reading.isPortable)}) AS definition, t.tgenabled AS enabled, d.description AS comment
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass
  WHERE c.relnamespace = ANY ($1::oid[]) AND NOT t.tgisinternal${reading.version >= 130000 ? ' AND t.tgparentid = 0' : ''}`)
  for (const row of triggers) addOnTable(reading, row, 'trigger', 'TRIGGER')
  const rules =
    await reading.rows<TriggerRow>(`SELECT 'pg_rewrite:' || r.oid AS oid, n.nspname AS schema, c.relname AS table, c.relkind AS "relationKind",
  r.rulename AS name, pg_get_ruledef(r.oid, ${String(reading.isPortable)}) AS definition, r.ev_enabled AS enabled, d.description AS comment
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_description d ON d.objoid = r.oid AND d.classoid = 'pg_rewrite'::regclass
  WHERE c.relnamespace = ANY ($1::oid[]) AND r.rulename <> '_RETURN'`)
  for (const row of rules) addOnTable(reading, row, 'rule', 'RULE')
  await readPolicies(reading)
  await readEventTriggers(reading)
}

function addOnTable(reading: Reading, row: TriggerRow, type: 'trigger' | 'rule', word: 'TRIGGER' | 'RULE'): void {
  const relation = relationId(reading, row)
  if (isExtensionMember(reading, row.oid) || !reading.byId.has(relation)) return
  const table = reading.qualified(row.schema, row.table)
  const name = reading.quote(row.name)
  const definition = row.definition.replace(/;\s*$/, '')
  const enable = enabling[row.enabled]
  reading.add(
    {
      type,
      schema: reading.schemaOf(row.schema),
      table: row.table,
      name: row.name,
      properties: { definition, state: states[row.enabled] ?? row.enabled, comment: row.comment },
      create: [
        definition,
        ...(enable === undefined ? [] : [`ALTER TABLE ${table} ${enable} ${word} ${name}`]),
        ...commentOn(`${word} ${name} ON ${table}`, row.comment),
      ],
      drop: [`DROP ${word} ${name} ON ${table}`],
      dependsOn: new Set([relation]),
    },
    row.oid,
  )
}

const commands: Readonly<Record<string, string>> = { r: 'SELECT', a: 'INSERT', w: 'UPDATE', d: 'DELETE', '*': 'ALL' }

async function readPolicies(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<PolicyRow>(`SELECT 'pg_policy:' || p.oid AS oid, n.nspname AS schema, c.relname AS table, c.relkind AS "relationKind",
  p.polname AS name, p.polcmd AS command, p.polpermissive AS "isPermissive",
  (SELECT json_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END ORDER BY CASE r WHEN 0 THEN '' ELSE pg_get_userbyid(r) END) FROM unnest(p.polroles) r) AS roles,
  pg_get_expr(p.polqual, p.polrelid) AS "using", pg_get_expr(p.polwithcheck, p.polrelid) AS "check", d.description AS comment
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass WHERE c.relnamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    const relation = relationId(reading, row)
    if (!reading.byId.has(relation)) continue
    const table = reading.qualified(row.schema, row.table)
    const name = reading.quote(row.name)
    const definition = [
      `CREATE POLICY ${name} ON ${table}`,
      `AS ${row.isPermissive ? 'PERMISSIVE' : 'RESTRICTIVE'}`,
      `FOR ${commands[row.command] ?? 'ALL'}`,
      `TO ${row.roles.join(', ')}`,
      ...(row.using === null ? [] : [`USING (${row.using})`]),
      ...(row.check === null ? [] : [`WITH CHECK (${row.check})`]),
    ].join('\n    ')
    reading.add(
      {
        type: 'policy',
        schema: reading.schemaOf(row.schema),
        table: row.table,
        name: row.name,
        properties: {
          isPermissive: row.isPermissive,
          command: commands[row.command] ?? 'ALL',
          roles: row.roles,
          using: row.using,
          check: row.check,
          comment: row.comment,
        },
        create: [definition, ...commentOn(`POLICY ${name} ON ${table}`, row.comment)],
        drop: [`DROP POLICY ${name} ON ${table}`],
        dependsOn: new Set([relation]),
      },
      row.oid,
    )
  }
}

/** Event triggers whose function is in the schemas that are read. */
async function readEventTriggers(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<EventTriggerRow>(`SELECT 'pg_event_trigger:' || e.oid AS oid, e.evtname AS name, e.evtevent AS event, e.evtenabled AS enabled,
  to_json(e.evttags) AS tags, n.nspname AS schema, p.proname AS function, d.description AS comment
  FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_event_trigger'::regclass WHERE p.pronamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const name = reading.quote(row.name)
    const enable = enabling[row.enabled]
    const filter = row.tags === null ? '' : `\n    WHEN TAG IN (${row.tags.map(literal).join(', ')})`
    const definition = `CREATE EVENT TRIGGER ${name} ON ${row.event}${filter}\n    EXECUTE FUNCTION ${reading.qualified(row.schema, row.function)}()`
    reading.add(
      {
        type: 'eventTrigger',
        schema: null,
        name: row.name,
        properties: { definition, state: states[row.enabled] ?? row.enabled, comment: row.comment },
        create: [
          definition,
          ...(enable === undefined ? [] : [`ALTER EVENT TRIGGER ${name} ${enable}`]),
          ...commentOn(`EVENT TRIGGER ${name}`, row.comment),
        ],
        drop: [`DROP EVENT TRIGGER ${name}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}
