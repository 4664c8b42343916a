import { isExtensionMember } from './read-dependencies.ts'
import { changeColumnOptions } from './alter-foreign.ts'
import type { ColumnRow } from './column-text.ts'
import { commentOn, literal } from './reading.ts'
import type { Draft, Reading } from './reading.ts'

interface ServerRow {
  readonly oid: string
  readonly name: string
  readonly wrapper: string
  readonly type: string | null
  readonly version: string | null
  readonly options: readonly string[] | null
  readonly comment: string | null
}

interface MappingRow {
  readonly oid: string
  readonly serverOid: string
  readonly server: string
  /** Null = PUBLIC. */
  readonly user: string | null
  readonly options: readonly string[] | null
}

/** Options whose values are secrets, whatever the wrapper calls them. Names of files are none. */
const secretOption = /pass(?!file)|secret|token|credential|private|api_?key|access_?key|account_?key/i

/** Options as the catalogue has them (`host=db1`), as SQL, by name: their order means nothing. Secrets are left out and named among what is not carried. */
export function foreignOptions(reading: Reading, options: readonly string[] | null, of: string): readonly string[] {
  return [...(options ?? [])].sort().flatMap((option) => {
    const at = option.indexOf('=')
    const name = option.slice(0, at)
    if (secretOption.test(name)) {
      reading.uncarried.push({ type: `option "${name}", a secret, of`, name: of })
      return []
    }
    return [`${reading.quote(name)} ${literal(option.slice(at + 1))}`]
  })
}

/** An OPTIONS clause with a blank before it; empty without options. */
export function optionsClause(options: readonly string[]): string {
  return options.length === 0 ? '' : ` OPTIONS (${options.join(', ')})`
}

/**
 * Foreign servers and user mappings: those that foreign tables of the schema use, or all of the database where schemas are named. In a snapshot of
 * one schema they are the database's, so that they are made where they are missing and never dropped.
 */
export async function readForeignServers(reading: Reading): Promise<void> {
  const isUsed = `EXISTS (SELECT 1 FROM pg_foreign_table ft JOIN pg_class fc ON fc.oid = ft.ftrelid WHERE ft.ftserver = s.oid AND fc.relnamespace = ANY ($1::oid[]))`
  const condition = reading.isPortable ? isUsed : 'true'
  const missing = reading.isPortable ? 'IF NOT EXISTS ' : ''
  const servers =
    await reading.rows<ServerRow>(`SELECT 'pg_foreign_server:' || s.oid AS oid, s.srvname AS name, w.fdwname AS wrapper, s.srvtype AS type,
  s.srvversion AS version, s.srvoptions AS options, obj_description(s.oid, 'pg_foreign_server') AS comment
  FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE ${condition}`)
  for (const row of servers) {
    if (isExtensionMember(reading, row.oid)) continue
    const target = `SERVER ${reading.quote(row.name)}`
    const options = foreignOptions(reading, row.options, `foreign server ${row.name}`)
    const head = [
      `CREATE SERVER ${missing}${reading.quote(row.name)}`,
      ...(row.type === null ? [] : [`TYPE ${literal(row.type)}`]),
      ...(row.version === null ? [] : [`VERSION ${literal(row.version)}`]),
      `FOREIGN DATA WRAPPER ${reading.quote(row.wrapper)}`,
    ]
    reading.add(
      {
        type: 'foreignServer',
        schema: null,
        name: row.name,
        properties: { wrapper: row.wrapper, serverType: row.type, version: row.version, options, comment: row.comment },
        create: [`${head.join(' ')}${optionsClause(options)}`, ...commentOn(target, row.comment)],
        drop: reading.isPortable ? [] : [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
  const mappings =
    await reading.rows<MappingRow>(`SELECT 'pg_user_mapping:' || u.umid AS oid, 'pg_foreign_server:' || s.oid AS "serverOid", s.srvname AS server,
  CASE WHEN u.umuser <> 0 THEN pg_get_userbyid(u.umuser) END AS user, u.umoptions AS options
  FROM pg_user_mappings u JOIN pg_foreign_server s ON s.oid = u.srvid WHERE ${condition}`)
  for (const row of mappings) {
    const server = reading.ids.get(row.serverOid)
    if (server === undefined) continue
    const user = row.user === null ? 'PUBLIC' : reading.quote(row.user)
    const name = `${row.user ?? 'PUBLIC'} on ${row.server}`
    const options = foreignOptions(reading, row.options, `user mapping ${name}`)
    const target = `FOR ${user} SERVER ${reading.quote(row.server)}`
    reading.add(
      {
        type: 'userMapping',
        schema: null,
        name,
        properties: { options },
        create: [`CREATE USER MAPPING ${missing}${target}${optionsClause(options)}`],
        drop: reading.isPortable ? [] : [`DROP USER MAPPING ${target}`],
        dependsOn: new Set([server]),
      },
      row.oid,
    )
  }
}

export interface ForeignTableText {
  /** What follows the columns in CREATE FOREIGN TABLE. */
  readonly clause: string
  /** Statements after it is there. */
  readonly extras: readonly string[]
  readonly properties: Draft['properties']
}

/** What a foreign table has that another has not. `table` is its name in SQL. */
export function describeForeignTable(
  reading: Reading,
  row: {
    readonly schema: string
    readonly name: string
    readonly server: string | null
    readonly foreignOptions: readonly string[] | null
  },
  table: string,
  columns: readonly ColumnRow[],
): ForeignTableText {
  const options = foreignOptions(reading, row.foreignOptions, `foreign table ${row.name}`)
  const ofColumns = columns.flatMap((column) =>
    foreignOptions(reading, column.foreignOptions, `column ${row.name}.${column.name}`).map(
      (option) => `${reading.quote(column.name)} ${option}`,
    ),
  )
  return {
    clause: ` SERVER ${reading.quote(row.server ?? '')}${optionsClause(options)}`,
    extras: changeColumnOptions(table, [], ofColumns),
    properties: { server: row.server, foreignOptions: options, columnOptions: ofColumns },
  }
}
