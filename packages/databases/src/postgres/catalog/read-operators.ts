import { functionName, functionSignature, namedObject, operatorName, operatorSignature } from './object-names.ts'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn } from './reading.ts'
import type { Reading } from './reading.ts'

interface OperatorRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly left: string | null
  readonly right: string
  readonly options: Readonly<Record<string, string | boolean | null>>
  readonly comment: string | null
}

interface FamilyRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly method: string
  readonly members: readonly string[] | null
  readonly memberIds: readonly string[] | null
  readonly comment: string | null
}

interface ClassRow extends FamilyRow {
  readonly isDefault: boolean
  readonly type: string
  readonly storage: string | null
  readonly family: string
}

const family = { catalogue: 'pg_opfamily', name: 'opfname', namespace: 'opfnamespace' }

/** Operators; those that are only named by another one and have no function are no objects yet. */
export async function readOperators(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<OperatorRow>(`SELECT 'pg_operator:' || o.oid AS oid, n.nspname AS schema, o.oprname AS name, obj_description(o.oid, 'pg_operator') AS comment,
  CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END AS left, format_type(o.oprright, NULL) AS right,
  json_build_object('FUNCTION', ${functionName(reading, 'o.oprcode')}, 'LEFTARG', CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END,
    'RIGHTARG', format_type(o.oprright, NULL), 'COMMUTATOR', ${operatorName(reading, 'o.oprcom')}, 'NEGATOR', ${operatorName(reading, 'o.oprnegate')},
    'RESTRICT', ${functionName(reading, 'o.oprrest')}, 'JOIN', ${functionName(reading, 'o.oprjoin')}, 'HASHES', o.oprcanhash, 'MERGES', o.oprcanmerge) AS options
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oprnamespace = ANY ($1::oid[]) AND o.oprcode <> 0 AND o.oprright <> 0`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const name = reading.isPortable ? row.name : `${reading.quote(row.schema)}.${row.name}`
    const target = `OPERATOR ${name} (${row.left ?? 'NONE'}, ${row.right})`
    const options = Object.entries(row.options).flatMap(([option, value]) =>
      value === null || value === false ? [] : [value === true ? option : `${option} = ${String(value)}`],
    )
    reading.add(
      {
        type: 'operator',
        schema: reading.schemaOf(row.schema),
        name: `${row.name}(${row.left ?? 'NONE'}, ${row.right})`,
        properties: { options, comment: row.comment },
        // The first of two that name each other makes the other one known.
        create: [`CREATE OPERATOR ${name} (\n    ${options.join(',\n    ')}\n)`, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}

/** Entries that belong to a class, or to no class of their family, are told by what they depend on, as pg_dump does. */
function members(reading: Reading, catalogue: 'pg_opclass' | 'pg_opfamily', oid: string): string {
  const entries = (entry: string, alias: string): string =>
    `FROM pg_depend d JOIN ${entry} ${alias} ON ${alias}.oid = d.objid
      WHERE d.classid = '${entry}'::regclass AND d.refclassid = '${catalogue}'::regclass AND d.refobjid = ${oid}`
  const types = (left: string, right: string): string =>
    `'(' || format_type(${left}, NULL) || ', ' || format_type(${right}, NULL) || ')'`
  return `(SELECT json_agg(m.text ORDER BY m.kind, m.number, m.text) AS texts, json_agg(m.oid) AS oids FROM (
    SELECT 0 AS kind, ao.amopstrategy AS number, 'pg_amop:' || ao.oid AS oid, 'OPERATOR ' || ao.amopstrategy || ' ' || ${operatorSignature(reading, 'ao.amopopr')}
      || CASE ao.amoppurpose WHEN 'o' THEN ' FOR ORDER BY ' || ${namedObject(reading, family, 'ao.amopsortfamily')} ELSE '' END AS text
      ${entries('pg_amop', 'ao')}
    UNION ALL SELECT 1, ap.amprocnum, 'pg_amproc:' || ap.oid, 'FUNCTION ' || ap.amprocnum || ' ' || ${types('ap.amproclefttype', 'ap.amprocrighttype')}
      || ' ' || ${functionSignature(reading, 'ap.amproc')} ${entries('pg_amproc', 'ap')}) m)`
}

/** Operator families, each with its entries that are in none of its classes, and operator classes. */
export async function readOperatorClasses(reading: Reading): Promise<void> {
  const families =
    await reading.rows<FamilyRow>(`SELECT 'pg_opfamily:' || f.oid AS oid, n.nspname AS schema, f.opfname AS name, quote_ident(am.amname) AS method,
  m.texts AS members, m.oids AS "memberIds", obj_description(f.oid, 'pg_opfamily') AS comment
  FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am am ON am.oid = f.opfmethod, LATERAL ${members(reading, 'pg_opfamily', 'f.oid')} m
  WHERE f.opfnamespace = ANY ($1::oid[])`)
  for (const row of families) {
    if (isExtensionMember(reading, row.oid)) continue
    const target = `OPERATOR FAMILY ${reading.qualified(row.schema, row.name)} USING ${row.method}`
    const entries = row.members ?? []
    const id = reading.add(
      {
        type: 'operatorFamily',
        schema: reading.schemaOf(row.schema),
        name: `${row.name} of ${row.method}`,
        properties: { members: entries, comment: row.comment },
        create: [`CREATE ${target}`, ...commentOn(target, row.comment)],
        ...(entries.length === 0
          ? {}
          : { attach: { statements: [`ALTER ${target} ADD\n    ${entries.join(',\n    ')}`], after: new Set<string>() } }),
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
    for (const member of row.memberIds ?? []) {
      reading.ids.set(member, id)
      reading.lateParts.add(member)
    }
  }
  await readClasses(reading)
}

async function readClasses(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<ClassRow>(`SELECT 'pg_opclass:' || c.oid AS oid, n.nspname AS schema, c.opcname AS name, quote_ident(am.amname) AS method, c.opcdefault AS "isDefault",
  format_type(c.opcintype, NULL) AS type, CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END AS storage,
  ${namedObject(reading, family, 'c.opcfamily')} AS family, m.texts AS members, m.oids AS "memberIds", obj_description(c.oid, 'pg_opclass') AS comment
  FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am am ON am.oid = c.opcmethod, LATERAL ${members(reading, 'pg_opclass', 'c.oid')} m
  WHERE c.opcnamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const name = reading.qualified(row.schema, row.name)
    const target = `OPERATOR CLASS ${name} USING ${row.method}`
    // A class has to have something: its own type as storage changes nothing.
    const entries = [...(row.storage === null ? [] : [`STORAGE ${row.storage}`]), ...(row.members ?? [])]
    const parts = entries.length === 0 ? [`STORAGE ${row.type}`] : entries
    const definition = `CREATE OPERATOR CLASS ${name}${row.isDefault ? ' DEFAULT' : ''} FOR TYPE ${row.type}\n    USING ${row.method} FAMILY ${row.family} AS\n    ${parts.join(',\n    ')}`
    const id = reading.add(
      {
        type: 'operatorClass',
        schema: reading.schemaOf(row.schema),
        name: `${row.name} of ${row.method}`,
        properties: { definition, comment: row.comment },
        create: [definition, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
    for (const member of row.memberIds ?? []) reading.ids.set(member, id)
  }
}
