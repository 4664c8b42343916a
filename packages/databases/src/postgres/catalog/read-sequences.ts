import { isExtensionMember } from './read-dependencies.ts'
import { commentOn } from './reading.ts'
import type { Reading } from './reading.ts'

export interface SequenceRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly persistence: string
  readonly type: string
  readonly start: string
  readonly increment: string
  readonly min: string
  readonly max: string
  readonly cache: string
  readonly cycle: boolean
  readonly comment: string | null
  /** `i` for identity columns, `a` for owned ones. */
  readonly tie: string | null
  readonly table: string | null
  readonly owner: readonly [string, string, string] | null
  readonly ownerNumber: number | null
}

const largest: Readonly<Record<string, string>> = { smallint: '32767', integer: '2147483647', bigint: '9223372036854775807' }
const smallest: Readonly<Record<string, string>> = { smallint: '-32768', integer: '-2147483648', bigint: '-9223372036854775808' }

/** Sequences; those of identity columns are given back by `table oid:column number` and belong to their columns. */
export async function readSequences(reading: Reading): Promise<ReadonlyMap<string, SequenceRow>> {
  const rows =
    await reading.rows<SequenceRow>(`SELECT 'pg_class:' || c.oid AS oid, n.nspname AS schema, c.relname AS name, c.relpersistence AS persistence,
  format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start, s.seqincrement::text AS increment, s.seqmin::text AS min, s.seqmax::text AS max,
  s.seqcache::text AS cache, s.seqcycle AS cycle, d.description AS comment, t.deptype AS tie, t.refobjid::text AS table,
  CASE WHEN t.refobjid IS NOT NULL THEN (SELECT json_build_array(tn.nspname, tc.relname, ta.attname) FROM pg_class tc JOIN pg_namespace tn ON tn.oid = tc.relnamespace
    JOIN pg_attribute ta ON ta.attrelid = tc.oid AND ta.attnum = t.refobjsubid WHERE tc.oid = t.refobjid) END AS owner, t.refobjsubid AS "ownerNumber"
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend t ON t.classid = 'pg_class'::regclass AND t.objid = c.oid AND t.deptype IN ('a', 'i') AND t.refclassid = 'pg_class'::regclass AND t.refobjsubid > 0
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  WHERE c.relnamespace = ANY ($1::oid[]) AND c.relpersistence <> 't'`)
  const identities = new Map<string, SequenceRow>()
  for (const row of rows) {
    if (row.tie === 'i') identities.set(`${row.table ?? ''}:${String(row.ownerNumber)}`, row)
    else if (!isExtensionMember(reading, row.oid)) addSequence(reading, row)
  }
  return identities
}

function addSequence(reading: Reading, row: SequenceRow): void {
  const name = reading.qualified(row.schema, row.name)
  const owner = row.owner === null ? null : `${reading.qualified(row.owner[0], row.owner[1])}.${reading.quote(row.owner[2])}`
  const options = sequenceOptions(row)
  reading.add(
    {
      type: 'sequence',
      schema: reading.schemaOf(row.schema),
      name: row.name,
      properties: {
        dataType: row.type,
        start: row.start,
        increment: row.increment,
        minimum: row.min,
        maximum: row.max,
        cache: row.cache,
        isCycled: row.cycle,
        isUnlogged: row.persistence === 'u',
        ownedBy: owner,
        comment: row.comment,
      },
      create: [
        [
          `CREATE ${row.persistence === 'u' ? 'UNLOGGED ' : ''}SEQUENCE ${name}`,
          ...(row.type === 'bigint' ? [] : [`AS ${row.type}`]),
          ...options,
        ].join(' '),
        ...commentOn(`SEQUENCE ${name}`, row.comment),
      ],
      ...(owner === null
        ? {}
        : { attach: { statements: [`ALTER SEQUENCE ${name} OWNED BY ${owner}`], after: new Set<string>() } }),
      // One that a column owns may have gone with it.
      drop: [`DROP SEQUENCE ${owner === null ? '' : 'IF EXISTS '}${name}`],
      dependsOn: new Set(),
    },
    row.oid,
  )
}

/** The options that are not what the server would choose. */
export function sequenceOptions(
  row: Pick<SequenceRow, 'type' | 'start' | 'increment' | 'min' | 'max' | 'cache' | 'cycle'>,
): string[] {
  const isDescending = row.increment.startsWith('-')
  const min = isDescending ? smallest[row.type] : '1'
  const max = isDescending ? '-1' : largest[row.type]
  const options: string[] = []
  if (row.increment !== '1') options.push(`INCREMENT BY ${row.increment}`)
  if (row.min !== min) options.push(`MINVALUE ${row.min}`)
  if (row.max !== max) options.push(`MAXVALUE ${row.max}`)
  if (row.start !== (isDescending ? row.max : row.min)) options.push(`START WITH ${row.start}`)
  if (row.cache !== '1') options.push(`CACHE ${row.cache}`)
  if (row.cycle) options.push('CYCLE')
  return options
}
