import { functionName, functionSignature } from './object-names.ts'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn, literal } from './reading.ts'
import type { Reading } from './reading.ts'

interface CastRow {
  readonly oid: string
  readonly source: string
  readonly target: string
  readonly context: string
  readonly method: string
  readonly function: string | null
  readonly comment: string | null
}

interface ConversionRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly isDefault: boolean
  readonly from: string
  readonly to: string
  readonly function: string
  readonly comment: string | null
}

/** Casts: those of a type or function of the schemas, or all of the database where all schemas are read. */
export async function readCasts(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<CastRow>(`SELECT 'pg_cast:' || k.oid AS oid, format_type(k.castsource, NULL) AS source, format_type(k.casttarget, NULL) AS target,
  k.castcontext AS context, k.castmethod AS method, ${functionSignature(reading, 'k.castfunc')} AS function, obj_description(k.oid, 'pg_cast') AS comment
  FROM pg_cast k JOIN pg_type s ON s.oid = k.castsource JOIN pg_type t ON t.oid = k.casttarget LEFT JOIN pg_proc p ON p.oid = k.castfunc
  WHERE k.oid >= 16384 AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'i')
  AND (s.typnamespace = ANY ($1::oid[]) OR t.typnamespace = ANY ($1::oid[]) OR p.pronamespace = ANY ($1::oid[])${reading.request.isAllSchemas ? ' OR true' : ''})`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const target = `CAST (${row.source} AS ${row.target})`
    const how = row.function === null ? (row.method === 'i' ? 'WITH INOUT' : 'WITHOUT FUNCTION') : `WITH FUNCTION ${row.function}`
    const context = { a: ' AS ASSIGNMENT', i: ' AS IMPLICIT' }[row.context] ?? ''
    const definition = `CREATE ${target} ${how}${context}`
    reading.add(
      {
        type: 'cast',
        schema: null,
        name: `${row.source} to ${row.target}`,
        properties: { definition, comment: row.comment },
        create: [definition, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}

/** Conversions between character sets. */
export async function readConversions(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<ConversionRow>(`SELECT 'pg_conversion:' || c.oid AS oid, n.nspname AS schema, c.conname AS name, c.condefault AS "isDefault",
  pg_encoding_to_char(c.conforencoding) AS "from", pg_encoding_to_char(c.contoencoding) AS "to", ${functionName(reading, 'c.conproc')} AS function,
  obj_description(c.oid, 'pg_conversion') AS comment FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.connamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const target = `CONVERSION ${reading.qualified(row.schema, row.name)}`
    const definition = `CREATE ${row.isDefault ? 'DEFAULT ' : ''}${target} FOR ${literal(row.from)} TO ${literal(row.to)} FROM ${row.function}`
    reading.add(
      {
        type: 'conversion',
        schema: reading.schemaOf(row.schema),
        name: row.name,
        properties: { definition, comment: row.comment },
        create: [definition, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}
