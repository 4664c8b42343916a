import { objectId } from '@sluice/engine'
import type { ColumnRow } from './column-text.ts'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn, optionList } from './reading.ts'
import type { Draft, Reading } from './reading.ts'

interface ViewRow {
  readonly oid: string
  readonly ruleOid: string
  readonly schema: string
  readonly name: string
  readonly kind: 'v' | 'm'
  readonly definition: string
  readonly options: readonly string[] | null
  readonly method: string | null
  readonly tablespace: string | null
  readonly comment: string | null
  readonly isPopulated: boolean
}

/** Views and materialised views, with what is said about their columns. */
export async function readViews(reading: Reading, columns: ReadonlyMap<string, readonly ColumnRow[]>): Promise<void> {
  const rows =
    await reading.rows<ViewRow>(`SELECT c.oid::text AS oid, (SELECT 'pg_rewrite:' || r.oid FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN') AS "ruleOid",
  n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_get_viewdef(c.oid) AS definition, c.reloptions AS options,
  CASE WHEN am.amname <> 'heap' THEN am.amname END AS method, ts.spcname AS tablespace, d.description AS comment,
  c.relispopulated AS "isPopulated"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  WHERE c.relnamespace = ANY ($1::oid[]) AND c.relkind IN ('v', 'm') AND c.relpersistence <> 't'`)
  for (const row of rows) {
    if (isExtensionMember(reading, `pg_class:${row.oid}`)) continue
    const name = reading.qualified(row.schema, row.name)
    const isMaterialized = row.kind === 'm'
    const kind = isMaterialized ? 'MATERIALIZED VIEW' : 'VIEW'
    const own = columns.get(row.oid) ?? []
    const definition = row.definition.replace(/;\s*$/, '')
    const options = optionList(row.options)
    const alter = `ALTER ${kind} ${name} ALTER COLUMN`
    const head = [
      `${kind} ${name}`,
      ...(row.method === null ? [] : [` USING ${reading.quote(row.method)}`]),
      ...(options.length === 0 ? [] : [` WITH (${options.join(', ')})`]),
      ...(row.tablespace === null ? [] : [` TABLESPACE ${reading.quote(row.tablespace)}`]),
    ].join('')
    const columnExtras = own.flatMap((column) => [
      ...(column.expression === null ? [] : [`${alter} ${reading.quote(column.name)} SET DEFAULT ${column.expression}`]),
      ...(isMaterialized && column.statistics !== null && column.statistics >= 0
        ? [`${alter} ${reading.quote(column.name)} SET STATISTICS ${String(column.statistics)}`]
        : []),
      ...commentOn(`COLUMN ${name}.${reading.quote(column.name)}`, column.comment),
    ])
    const id = reading.add(
      {
        type: isMaterialized ? 'materializedView' : 'view',
        schema: reading.schemaOf(row.schema),
        name: row.name,
        properties: {
          definition,
          options,
          columnSettings: columnExtras,
          accessMethod: row.method,
          tablespace: row.tablespace,
          comment: row.comment,
          // Nothing where it is filled, as in snapshots that know nothing of it.
          withoutData: row.isPopulated ? null : true,
          '~columns': own.map((column) => `${column.name} ${column.type}`),
        },
        create: [
          `CREATE ${head} AS\n${definition}${row.isPopulated ? '' : '\nWITH NO DATA'}`,
          ...columnExtras,
          ...commentOn(`${kind} ${name}`, row.comment),
        ],
        drop: [`DROP ${kind} ${name}`],
        dependsOn: new Set(),
      },
      `pg_class:${row.oid}`,
    )
    reading.ids.set(row.ruleOid, id)
    for (const column of own) if (column.defaultOid !== null) reading.ids.set(column.defaultOid, id)
  }
}

/** Views that are empty but feed one that is not are filled while that is made, and emptied afterwards. Wants every dependency known. */
export function emptyFeedersLater(reading: Reading): void {
  const isEmpty = ({ properties }: Draft): boolean => properties['withoutData'] === true
  const emptied = reading.drafts.filter(isEmpty)
  if (emptied.length === 0) return
  const feeds = new Map<string, Set<string>>()
  for (const filled of reading.drafts) {
    if (filled.type !== 'materializedView' || isEmpty(filled)) continue
    const seen = new Set<string>()
    const queue = [...filled.dependsOn]
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (seen.has(id)) continue
      seen.add(id)
      const draft = reading.byId.get(id)
      if (draft?.type !== 'view' && draft?.type !== 'materializedView') continue
      queue.push(...draft.dependsOn)
      if (isEmpty(draft)) feeds.set(id, (feeds.get(id) ?? new Set()).add(objectId(filled)))
    }
  }
  for (const draft of emptied) {
    const after = feeds.get(objectId(draft))
    if (after === undefined) continue
    const name = (draft.drop[0] ?? '').replace(/^DROP MATERIALIZED VIEW /, '')
    draft.create = draft.create.map((statement) => statement.replace(/\nWITH NO DATA$/, ''))
    draft.attach = { statements: [`REFRESH MATERIALIZED VIEW ${name} WITH NO DATA`], after }
  }
}
