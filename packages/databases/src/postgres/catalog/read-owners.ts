import type { SnapshotObject } from '@sluice/engine'
import { isExtensionMember } from './read-dependencies.ts'
import type { Draft, Reading } from './reading.ts'

interface OwnerRow {
  readonly oid: string
  readonly owner: string
}

/** Catalogues whose objects have owners, with the column that says whose. */
const owned: readonly (readonly [catalogue: string, column: string])[] = [
  ['pg_class', 'relowner'],
  ['pg_proc', 'proowner'],
  ['pg_type', 'typowner'],
  ['pg_operator', 'oprowner'],
  ['pg_opclass', 'opcowner'],
  ['pg_opfamily', 'opfowner'],
  ['pg_conversion', 'conowner'],
  ['pg_collation', 'collowner'],
  ['pg_ts_dict', 'dictowner'],
  ['pg_ts_config', 'cfgowner'],
  ['pg_statistic_ext', 'stxowner'],
  ['pg_foreign_server', 'srvowner'],
  ['pg_event_trigger', 'evtowner'],
  ['pg_publication', 'pubowner'],
]

/** Kinds that have an owner of their own: what belongs to a table has that of the table. */
const kinds = new Set<SnapshotObject['type']>([
  'schema',
  'collation',
  'enum',
  'range',
  'composite',
  'domain',
  'operator',
  'operatorFamily',
  'operatorClass',
  'conversion',
  'textSearchDictionary',
  'textSearchConfiguration',
  'foreignServer',
  'sequence',
  'table',
  'foreignTable',
  'statistics',
  'view',
  'materializedView',
  'function',
  'procedure',
  'aggregate',
  'eventTrigger',
  'publication',
])

/** Who owns what, as a property and a last statement of each object. Roles are the server's: they have to be there already. */
export async function readOwners(reading: Reading): Promise<void> {
  const rows = await reading.rows<OwnerRow>(
    [
      ...owned.map(
        ([catalogue, column]) =>
          `SELECT '${catalogue}:' || o.oid AS oid, pg_get_userbyid(o.${column}) AS owner FROM ${catalogue} o WHERE o.oid >= 16384`,
      ),
      `SELECT 'schema ' || n.nspname, pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.oid = ANY ($1::oid[])`,
    ].join('\nUNION ALL '),
  )
  for (const { oid, owner } of rows) {
    const draft = oid.startsWith('schema ')
      ? reading.drafts.find(({ type, name }) => type === 'schema' && name === oid.slice(7))
      : reading.byId.get(reading.ids.get(oid) ?? '')
    if (draft === undefined || !kinds.has(draft.type) || draft.properties['owner'] !== undefined) continue
    if (isExtensionMember(reading, oid)) continue
    const named = reading.quote(owner)
    draft.create.push(...alterOwner({ ...draft, properties: { owner: named } }))
    // A column's sequence has to have the table's owner before it is tied to it, and goes with the table afterwards.
    if (!isOwnedByTable(draft)) draft.properties['owner'] = named
  }
}

function isOwnedByTable({ type, properties }: Draft): boolean {
  return type === 'sequence' && properties['ownedBy'] !== null && properties['ownedBy'] !== undefined
}

/** Makes an object its owner's. */
export function alterOwner({
  type,
  name,
  properties,
  create,
  drop,
}: Pick<SnapshotObject, 'type' | 'name' | 'properties' | 'create' | 'drop'>): string[] {
  const owner = properties['owner']
  if (typeof owner !== 'string') return []
  const isNamedByCreate = type === 'schema' || type === 'foreignServer'
  const named = isNamedByCreate
    ? /(?:SCHEMA|SERVER) (?:IF NOT EXISTS )?(?:"(?:[^"]|"")*"|[^\s"]+)/.exec(create[0] ?? '')?.[0]
    : undefined
  const target = (named ?? (drop[0] ?? `DROP ${type} ${name}`).replace(/^DROP /, ''))
    .replace('IF NOT EXISTS ', '')
    .replace('IF EXISTS ', '')
  return [`ALTER ${target} OWNER TO ${owner}`]
}
