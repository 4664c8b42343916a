import { objectId } from '@sluice/engine'
import type { ObjectType } from '@sluice/engine'
import type { Reading } from './reading.ts'

interface GrantRow {
  readonly kind: 'relation' | 'column' | 'routine' | 'type' | 'schema' | 'server'
  readonly relationKind: string
  readonly schema: string
  readonly name: string
  readonly detail: string | null
  readonly oid: string
  readonly owner: string
  readonly entries: readonly Entry[] | null
  readonly defaults: readonly Entry[] | null
}

/** Grantee (null = PUBLIC), privilege, with grant option. */
type Entry = readonly [string | null, string, boolean]

interface DefaultRow {
  readonly role: string
  readonly schema: string | null
  readonly kind: string
  readonly entries: readonly Entry[] | null
  readonly defaults: readonly Entry[] | null
}

const explode = (acl: string): string =>
  `(SELECT json_agg(json_build_array(CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable) ORDER BY x.privilege_type) FROM aclexplode(${acl}) x)`

/** Privileges that differ from what the server gives by itself, one object per grantee. Owners are not part of a snapshot. */
export async function readGrants(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<GrantRow>(`SELECT 'relation' AS kind, c.relkind AS "relationKind", n.nspname AS schema, c.relname AS name, NULL AS detail,
    'pg_class:' || c.oid AS oid, pg_get_userbyid(c.relowner) AS owner, ${explode('c.relacl')} AS entries,
    ${explode("acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)")} AS defaults
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relnamespace = ANY ($1::oid[]) AND c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  UNION ALL SELECT 'column', c.relkind, n.nspname, c.relname, a.attname, 'pg_class:' || c.oid, pg_get_userbyid(c.relowner), ${explode('a.attacl')}, NULL
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relnamespace = ANY ($1::oid[]) AND a.attacl IS NOT NULL AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  UNION ALL SELECT 'routine', p.prokind, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), 'pg_proc:' || p.oid, pg_get_userbyid(p.proowner),
    ${explode('p.proacl')}, ${explode("acldefault('f', p.proowner)")}
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.pronamespace = ANY ($1::oid[]) AND p.proacl IS NOT NULL
  UNION ALL SELECT 'type', t.typtype, n.nspname, t.typname, NULL, 'pg_type:' || t.oid, pg_get_userbyid(t.typowner), ${explode('t.typacl')}, ${explode("acldefault('T', t.typowner)")}
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typnamespace = ANY ($1::oid[]) AND t.typacl IS NOT NULL AND t.typtype IN ('e', 'c', 'd', 'r')
  UNION ALL SELECT 'schema', 'n', n.nspname, n.nspname, NULL, 'pg_namespace:' || n.oid, pg_get_userbyid(n.nspowner), ${explode('n.nspacl')},
    ${explode("CASE n.nspname WHEN 'public' THEN coalesce((SELECT i.initprivs FROM pg_init_privs i WHERE i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid), acldefault('n', n.nspowner)) ELSE acldefault('n', n.nspowner) END")}
    FROM pg_namespace n WHERE n.oid = ANY ($1::oid[]) AND n.nspacl IS NOT NULL
  UNION ALL SELECT 'server', 'S', '', s.srvname, NULL, 'pg_foreign_server:' || s.oid, pg_get_userbyid(s.srvowner), ${explode('s.srvacl')}, ${explode("acldefault('S', s.srvowner)")}
    FROM pg_foreign_server s WHERE s.srvacl IS NOT NULL`)
  for (const row of rows) addGrants(reading, row)
  await readDefaultPrivileges(reading)
}

function addGrants(reading: Reading, row: GrantRow): void {
  const owner = row.kind === 'schema' ? objectId({ type: 'schema', schema: null, name: row.name }) : reading.ids.get(row.oid)
  const isUnknown = owner === undefined || !reading.byId.has(owner)
  if (isUnknown && !(row.kind === 'schema' && reading.isPortable)) return
  const { on, display } = grantTarget(reading, row)
  const isOnRelation = (row.kind === 'relation' && row.relationKind !== 'S') || row.kind === 'column'
  const columns = row.kind === 'column' && row.detail !== null ? ` (${reading.quote(row.detail)})` : ''
  // On schema `public` the first owner of the database has privileges of its own.
  const ofOwner = (grantee: string | null): boolean =>
    grantee === row.owner || (row.kind === 'schema' && grantee === 'pg_database_owner')
  for (const { grantee, granted, grantable, revoked } of compareEntries(row.entries ?? [], row.defaults ?? [], ofOwner)) {
    const list = (privileges: readonly string[]): string => privileges.map((privilege) => `${privilege}${columns}`).join(', ')
    // Whoever applies the changelog is the owner, unless owners are carried.
    const ofThis = reading.request.withOwners ? reading.quote(row.owner) : 'CURRENT_USER'
    const role = grantee === null ? 'PUBLIC' : grantee === ownerMark ? ofThis : reading.quote(grantee)
    const statements = [
      ...(revoked.length === 0 ? [] : [`REVOKE ${list(revoked)} ON ${on} FROM ${role}`]),
      ...(granted.length === 0 ? [] : [`GRANT ${list(granted)} ON ${on} TO ${role}`]),
      ...(grantable.length === 0 ? [] : [`GRANT ${list(grantable)} ON ${on} TO ${role} WITH GRANT OPTION`]),
    ]
    reading.add(
      {
        type: 'grant',
        schema: row.kind === 'schema' || row.kind === 'server' ? null : reading.schemaOf(row.schema),
        ...(isOnRelation ? { table: row.name } : {}),
        name: `${display} to ${grantee === null ? 'PUBLIC' : grantee === ownerMark ? 'the owner' : grantee}`,
        properties: {
          on: row.kind === 'schema' && reading.isPortable ? null : row.name,
          privileges: granted,
          grantablePrivileges: grantable,
          revokedPrivileges: revoked,
        },
        create: statements,
        drop: [
          ...(granted.length + grantable.length === 0
            ? []
            : [`REVOKE ${list([...granted, ...grantable])} ON ${on} FROM ${role}`]),
          ...(revoked.length === 0 ? [] : [`GRANT ${list(revoked)} ON ${on} TO ${role}`]),
        ],
        dependsOn: new Set(owner === undefined ? [] : [owner]),
      },
      undefined,
    )
  }
}

const ownerMark = '\u0000owner'

function grantTarget(reading: Reading, row: GrantRow): { readonly on: string; readonly display: string } {
  const name = reading.qualified(row.schema, row.name)
  switch (row.kind) {
    case 'relation':
      return { on: `${row.relationKind === 'S' ? 'SEQUENCE' : 'TABLE'} ${name}`, display: row.name }
    case 'column':
      return { on: `TABLE ${name}`, display: `${row.name}(${row.detail ?? ''})` }
    case 'routine':
      return {
        on: `${row.relationKind === 'p' ? 'PROCEDURE' : 'FUNCTION'} ${name}(${row.detail ?? ''})`,
        display: `${row.name}(${row.detail ?? ''})`,
      }
    case 'type':
      return { on: `TYPE ${name}`, display: `type ${row.name}` }
    case 'server':
      return { on: `FOREIGN SERVER ${reading.quote(row.name)}`, display: `foreign server ${row.name}` }
    case 'schema':
      return { on: `SCHEMA ${reading.quote(row.name)}`, display: reading.isPortable ? 'the schema' : `schema ${row.name}` }
  }
}

interface Difference {
  readonly grantee: string | null
  readonly granted: readonly string[]
  readonly grantable: readonly string[]
  readonly revoked: readonly string[]
}

/** What has to be granted and revoked to get from the server's defaults to these entries, by grantee. */
function compareEntries(
  entries: readonly Entry[],
  defaults: readonly Entry[],
  isOwner: (grantee: string | null) => boolean,
): readonly Difference[] {
  const grantees = new Map<string | null, { granted: string[]; grantable: string[]; revoked: string[] }>()
  const of = (grantee: string | null): { granted: string[]; grantable: string[]; revoked: string[] } => {
    const key = isOwner(grantee) ? ownerMark : grantee
    const found = grantees.get(key)
    if (found !== undefined) return found
    const made = { granted: [], grantable: [], revoked: [] }
    grantees.set(key, made)
    return made
  }
  const has = (list: readonly Entry[], [grantee, privilege]: Entry): boolean =>
    list.some(([other, name]) => name === privilege && (other === grantee || (isOwner(grantee) && isOwner(other))))
  for (const entry of entries)
    if (!has(defaults, entry)) (entry[2] ? of(entry[0]).grantable : of(entry[0]).granted).push(entry[1])
  for (const entry of defaults) if (!has(entries, entry)) of(entry[0]).revoked.push(entry[1])
  return [...grantees]
    .filter(([, { granted, grantable, revoked }]) => granted.length + grantable.length + revoked.length > 0)
    .map(([grantee, lists]) => ({ grantee, ...lists }))
}

const defaultKinds: Readonly<Record<string, string>> = { r: 'TABLES', S: 'SEQUENCES', f: 'FUNCTIONS', T: 'TYPES', n: 'SCHEMAS' }

async function readDefaultPrivileges(reading: Reading): Promise<void> {
  // Those of no schema are compared with the server's own; those of a schema add to them.
  const rows =
    await reading.rows<DefaultRow>(`SELECT pg_get_userbyid(a.defaclrole) AS role, n.nspname AS schema, a.defaclobjtype AS kind, ${explode('a.defaclacl')} AS entries,
  CASE WHEN a.defaclnamespace = 0 THEN ${explode("acldefault(CASE a.defaclobjtype WHEN 'S' THEN 's' ELSE a.defaclobjtype END::\"char\", a.defaclrole)")} END AS defaults
  FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
  WHERE a.defaclnamespace = ANY ($1::oid[])${reading.isPortable ? '' : ' OR a.defaclnamespace = 0'}`)
  for (const row of rows) {
    const kind = defaultKinds[row.kind] ?? row.kind
    const isOwner = (grantee: string | null): boolean => row.schema === null && grantee === row.role
    const place = row.schema === null ? '' : ` IN SCHEMA ${reading.quote(row.schema)}`
    const head = `ALTER DEFAULT PRIVILEGES FOR ROLE ${reading.quote(row.role)}${place}`
    for (const { grantee, granted, grantable, revoked } of compareEntries(row.entries ?? [], row.defaults ?? [], isOwner)) {
      const role = grantee === null ? 'PUBLIC' : reading.quote(grantee === ownerMark ? row.role : grantee)
      const type: ObjectType = 'defaultPrivileges'
      reading.add(
        {
          type,
          schema: row.schema === null ? null : reading.schemaOf(row.schema),
          name: `${kind.toLowerCase()} of ${row.role} to ${grantee === null ? 'PUBLIC' : grantee === ownerMark ? 'the owner' : grantee}`,
          properties: { privileges: granted, grantablePrivileges: grantable, revokedPrivileges: revoked },
          create: [
            ...(revoked.length === 0 ? [] : [`${head} REVOKE ${revoked.join(', ')} ON ${kind} FROM ${role}`]),
            ...(granted.length === 0 ? [] : [`${head} GRANT ${granted.join(', ')} ON ${kind} TO ${role}`]),
            ...(grantable.length === 0 ? [] : [`${head} GRANT ${grantable.join(', ')} ON ${kind} TO ${role} WITH GRANT OPTION`]),
          ],
          drop: [
            ...(granted.length + grantable.length === 0
              ? []
              : [`${head} REVOKE ${[...granted, ...grantable].join(', ')} ON ${kind} FROM ${role}`]),
            ...(revoked.length === 0 ? [] : [`${head} GRANT ${revoked.join(', ')} ON ${kind} TO ${role}`]),
          ],
          dependsOn: new Set(
            row.schema === null || reading.isPortable ? [] : [objectId({ type: 'schema', schema: null, name: row.schema })],
          ),
        },
        undefined,
      )
    }
  }
}
