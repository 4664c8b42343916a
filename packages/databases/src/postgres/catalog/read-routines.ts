import { functionName, operatorName } from './object-names.ts'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn, literal } from './reading.ts'
import type { Reading } from './reading.ts'

interface RoutineRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly kind: 'f' | 'p' | 'w'
  readonly identity: string
  readonly arguments: string
  readonly result: string | null
  readonly language: string
  readonly hasParsedBody: boolean
  readonly definition: string
  readonly comment: string | null
}

interface AggregateRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly identity: string
  readonly arguments: string
  readonly options: Readonly<Record<string, string | number | boolean | null>>
  readonly parallel: string
  readonly comment: string | null
}

const unchecked = 'SET LOCAL check_function_bodies = off'

/** Functions, procedures and aggregates. Their names carry the types of their arguments. */
export async function readRoutines(reading: Reading): Promise<void> {
  const parsedBody = reading.version >= 140000 ? 'p.prosqlbody IS NOT NULL' : 'false'
  const rows =
    await reading.rows<RoutineRow>(`SELECT 'pg_proc:' || p.oid AS oid, n.nspname AS schema, p.proname AS name, p.prokind AS kind,
  pg_get_function_identity_arguments(p.oid) AS identity, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
  l.lanname AS language, ${parsedBody} AS "hasParsedBody", pg_get_functiondef(p.oid) AS definition, d.description AS comment
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
  WHERE p.pronamespace = ANY ($1::oid[]) AND p.prokind IN ('f', 'p', 'w')
  AND NOT EXISTS (SELECT 1 FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const kind = row.kind === 'p' ? 'PROCEDURE' : 'FUNCTION'
    const name = reading.qualified(row.schema, row.name)
    const target = `${kind} ${name}(${row.identity})`
    const definition = unqualified(reading, row.definition.trimEnd(), `CREATE OR REPLACE ${kind} `, row.schema, row.name)
    const isText = !row.hasParsedBody && row.language === 'sql'
    reading.add(
      {
        type: row.kind === 'p' ? 'procedure' : 'function',
        schema: reading.schemaOf(row.schema),
        name: `${row.name}(${row.identity})`,
        properties: {
          definition,
          comment: row.comment,
          '~signature': `(${row.arguments}) ${row.result ?? ''} ${row.kind}`,
          '~unchecked': isText,
        },
        // A body that is kept as text may name what comes later, and the catalogue does not know.
        create: [...(isText ? [unchecked] : []), definition, ...commentOn(target, row.comment)],
        ...(row.language === 'plpgsql' ? { early: [unchecked] } : {}),
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
  await readAggregates(reading)
}

/** The catalogue always writes the schema; a portable snapshot does not have it. */
function unqualified(reading: Reading, definition: string, head: string, schema: string, name: string): string {
  if (!reading.isPortable) return definition
  const prefix = `${head}${reading.quote(schema)}.`
  return definition.startsWith(prefix) && definition.startsWith(reading.quote(name), prefix.length)
    ? head + definition.slice(prefix.length)
    : definition
}

async function readAggregates(reading: Reading): Promise<void> {
  const regproc = (column: string): string => functionName(reading, `a.${column}`)
  const rows = await reading.rows<AggregateRow>(`SELECT 'pg_proc:' || p.oid AS oid, n.nspname AS schema, p.proname AS name,
  pg_get_function_identity_arguments(p.oid) AS identity, pg_get_function_arguments(p.oid) AS arguments, p.proparallel AS parallel, d.description AS comment,
  json_build_object('SFUNC', ${regproc('aggtransfn')}, 'STYPE', format_type(a.aggtranstype, NULL), 'SSPACE', nullif(a.aggtransspace, 0),
    'FINALFUNC', ${regproc('aggfinalfn')}, 'FINALFUNC_EXTRA', a.aggfinalextra,
    'FINALFUNC_MODIFY', CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
      THEN CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
    'COMBINEFUNC', ${regproc('aggcombinefn')}, 'SERIALFUNC', ${regproc('aggserialfn')}, 'DESERIALFUNC', ${regproc('aggdeserialfn')},
    'INITCOND', a.agginitval, 'MSFUNC', ${regproc('aggmtransfn')}, 'MINVFUNC', ${regproc('aggminvtransfn')},
    'MSTYPE', CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END, 'MSSPACE', nullif(a.aggmtransspace, 0),
    'MFINALFUNC', ${regproc('aggmfinalfn')}, 'MFINALFUNC_EXTRA', a.aggmfinalextra, 'MINITCOND', a.aggminitval,
    'SORTOP', ${operatorName(reading, 'a.aggsortop')},
    'HYPOTHETICAL', a.aggkind = 'h') AS options
  FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid = p.oid JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass WHERE p.pronamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid)) continue
    const name = reading.qualified(row.schema, row.name)
    // Initial values are texts; everything else is written as the catalogue names it.
    const options = Object.entries(row.options).flatMap(([option, value]) => {
      if (value === null || value === false) return []
      if (value === true) return [option]
      return [`${option} = ${option.endsWith('INITCOND') ? literal(String(value)) : String(value)}`]
    })
    if (row.parallel !== 'u') options.push(`PARALLEL = ${row.parallel === 's' ? 'SAFE' : 'RESTRICTED'}`)
    const target = `AGGREGATE ${name}(${row.identity === '' ? '*' : row.identity})`
    const definition = `CREATE AGGREGATE ${name}(${row.arguments === '' ? '*' : row.arguments}) (\n    ${options.join(',\n    ')}\n)`
    reading.add(
      {
        type: 'aggregate',
        schema: reading.schemaOf(row.schema),
        name: `${row.name}(${row.identity})`,
        properties: { definition, comment: row.comment },
        create: [definition, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}
