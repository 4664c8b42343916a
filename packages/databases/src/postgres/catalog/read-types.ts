import { functionName, namedObject } from './object-names.ts'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn, literal } from './reading.ts'
import type { Reading } from './reading.ts'

interface TypeRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly kind: 'e' | 'c' | 'd' | 'r'
  readonly comment: string | null
  readonly labels: readonly string[] | null
  readonly attributes: readonly (readonly [string, string, string | null, string | null])[] | null
  readonly base: string | null
  readonly default: string | null
  readonly notNull: boolean
  readonly collation: readonly [string, string] | null
  readonly constraints: readonly (readonly [string, string, boolean, string | null])[] | null
  readonly range: Readonly<Record<string, string | null>> | null
  readonly relation: string | null
}

const collation = { catalogue: 'pg_collation', name: 'collname', namespace: 'collnamespace' }

/** Enums, composite types, domains and ranges. */
export async function readTypes(reading: Reading): Promise<void> {
  const multirange = reading.version >= 140000 ? '(SELECT m.typname FROM pg_type m WHERE m.oid = r.rngmultitypid)' : 'NULL'
  const rows =
    await reading.rows<TypeRow>(`SELECT 'pg_type:' || t.oid AS oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind, d.description AS comment,
  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
  CASE WHEN t.typtype = 'c' THEN (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> at.typcollation THEN ${namedObject(reading, collation, 'a.attcollation')} END,
      col_description(a.attrelid, a.attnum)) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
    WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END AS attributes,
  CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
  CASE WHEN t.typtype = 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) END AS "default", t.typnotnull AS "notNull",
  CASE WHEN t.typtype = 'd' AND t.typcollation <> (SELECT bt.typcollation FROM pg_type bt WHERE bt.oid = t.typbasetype)
    THEN (SELECT json_build_array(cn.nspname, co.collname) FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) END AS collation,
  (SELECT json_agg(json_build_array(k.conname, pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint')) ORDER BY k.conname)
    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') AS constraints,
  (SELECT json_build_object('subtype', format_type(r.rngsubtype, NULL),
      'subtype_opclass', CASE WHEN NOT o.opcdefault THEN ${namedObject(reading, { catalogue: 'pg_opclass', name: 'opcname', namespace: 'opcnamespace' }, 'o.oid')} END,
      'collation', CASE WHEN r.rngcollation <> st.typcollation THEN ${namedObject(reading, collation, 'r.rngcollation')} END,
      'canonical', ${functionName(reading, 'r.rngcanonical')},
      'subtype_diff', ${functionName(reading, 'r.rngsubdiff')},
      'multirange_type_name', ${multirange})
    FROM pg_range r JOIN pg_type st ON st.oid = r.rngsubtype JOIN pg_opclass o ON o.oid = r.rngsubopc WHERE r.rngtypid = t.oid) AS range,
  CASE WHEN t.typrelid <> 0 THEN 'pg_class:' || t.typrelid END AS relation
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_type'::regclass AND d.objsubid = 0
  WHERE t.typnamespace = ANY ($1::oid[]) AND (t.typtype IN ('e', 'd', 'r')
    OR t.typtype = 'c' AND EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const name = reading.qualified(row.schema, row.name)
    if (row.kind === 'e') addEnum(reading, row, name)
    else if (row.kind === 'c') addComposite(reading, row, name)
    else if (row.kind === 'd') addDomain(reading, row, name)
    else addRange(reading, row, name)
  }
}

function addEnum(reading: Reading, row: TypeRow, name: string): void {
  const labels = row.labels ?? []
  reading.add(
    {
      type: 'enum',
      schema: reading.schemaOf(row.schema),
      name: row.name,
      properties: { labels, comment: row.comment },
      create: [`CREATE TYPE ${name} AS ENUM (${labels.map(literal).join(', ')})`, ...commentOn(`TYPE ${name}`, row.comment)],
      drop: [`DROP TYPE ${name}`],
      dependsOn: new Set(),
    },
    row.oid,
  )
}

function addComposite(reading: Reading, row: TypeRow, name: string): void {
  const attributes = row.attributes ?? []
  const texts = attributes.map(
    ([attribute, type, collation]) => `${reading.quote(attribute)} ${type}${collation === null ? '' : ` COLLATE ${collation}`}`,
  )
  const id = reading.add(
    {
      type: 'composite',
      schema: reading.schemaOf(row.schema),
      name: row.name,
      properties: {
        attributes: texts,
        comment: row.comment,
        attributeComments: attributes.flatMap(([attribute, , , comment]) =>
          comment === null ? [] : [`${attribute}: ${comment}`],
        ),
      },
      create: [
        `CREATE TYPE ${name} AS (${texts.map((text) => `\n    ${text}`).join(',')}\n)`,
        ...commentOn(`TYPE ${name}`, row.comment),
        ...attributes.flatMap(([attribute, , , comment]) => commentOn(`COLUMN ${name}.${reading.quote(attribute)}`, comment)),
      ],
      drop: [`DROP TYPE ${name}`],
      dependsOn: new Set(),
    },
    row.oid,
  )
  if (row.relation !== null) reading.ids.set(row.relation, id)
}

function addDomain(reading: Reading, row: TypeRow, name: string): void {
  const constraints = row.constraints ?? []
  const inline = constraints.filter(([, , isValidated]) => isValidated)
  const late = constraints.filter(([, , isValidated]) => !isValidated)
  const collation = row.collation === null ? null : reading.qualified(...row.collation)
  const parts = [
    `CREATE DOMAIN ${name} AS ${row.base ?? ''}`,
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
    ...(row.default === null ? [] : [`DEFAULT ${row.default}`]),
    ...(row.notNull ? ['NOT NULL'] : []),
    ...inline.map(([constraint, definition]) => `CONSTRAINT ${reading.quote(constraint)} ${definition}`),
  ]
  reading.add(
    {
      type: 'domain',
      schema: reading.schemaOf(row.schema),
      name: row.name,
      properties: {
        baseType: row.base,
        collation,
        default: row.default,
        isNotNull: row.notNull,
        constraints: constraints.map(([constraint, definition]) => `${reading.quote(constraint)} ${definition}`),
        comment: row.comment,
      },
      create: [
        parts.join('\n    '),
        ...late.map(
          ([constraint, definition]) => `ALTER DOMAIN ${name} ADD CONSTRAINT ${reading.quote(constraint)} ${definition}`,
        ),
        ...commentOn(`DOMAIN ${name}`, row.comment),
        ...constraints.flatMap(([constraint, , , comment]) =>
          commentOn(`CONSTRAINT ${reading.quote(constraint)} ON DOMAIN ${name}`, comment),
        ),
      ],
      drop: [`DROP DOMAIN ${name}`],
      dependsOn: new Set(),
    },
    row.oid,
  )
}

function addRange(reading: Reading, row: TypeRow, name: string): void {
  const { multirange_type_name: multirange = null, ...options } = row.range ?? {}
  const texts = Object.entries(options).flatMap(([option, value]) => (value === null ? [] : [`${option} = ${value}`]))
  if (multirange !== null) texts.push(`multirange_type_name = ${reading.qualified(row.schema, multirange)}`)
  reading.add(
    {
      type: 'range',
      schema: reading.schemaOf(row.schema),
      name: row.name,
      properties: { options: texts, comment: row.comment },
      create: [`CREATE TYPE ${name} AS RANGE (\n    ${texts.join(',\n    ')}\n)`, ...commentOn(`TYPE ${name}`, row.comment)],
      drop: [`DROP TYPE ${name}`],
      dependsOn: new Set(),
    },
    row.oid,
  )
}
