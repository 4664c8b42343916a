import type { Reading } from './reading.ts'

interface Uncarried {
  readonly type: string
  readonly catalogue: string
  /** What an object is called, of `o`. */
  readonly name: string
  readonly condition: string
  /** It is in no schema, so that a snapshot of one schema has nothing to do with it. */
  readonly isOfDatabase?: boolean
}

const inSchemas = (column: string): string => `o.${column} = ANY ($1::oid[])`
const isOwn = 'o.oid >= 16384'

/** Kinds that a snapshot does not carry: their text is C code, or a secret, or belongs to somebody else. */
const kinds: readonly Uncarried[] = [
  {
    type: 'base type',
    catalogue: 'pg_type',
    name: 'typname',
    condition: `o.typtype = 'b' AND o.typelem = 0 AND ${inSchemas('typnamespace')}`,
  },
  {
    type: 'unfinished type',
    catalogue: 'pg_type',
    name: 'typname',
    condition: `o.typtype = 'p' AND ${inSchemas('typnamespace')}`,
  },
  {
    type: 'operator without a function',
    catalogue: 'pg_operator',
    name: 'oprname',
    condition: `o.oprcode = 0 AND ${inSchemas('oprnamespace')}`,
  },
  {
    type: 'postfix operator',
    catalogue: 'pg_operator',
    name: 'oprname',
    condition: `o.oprcode <> 0 AND o.oprright = 0 AND ${inSchemas('oprnamespace')}`,
  },
  { type: 'text search parser', catalogue: 'pg_ts_parser', name: 'prsname', condition: inSchemas('prsnamespace') },
  { type: 'text search template', catalogue: 'pg_ts_template', name: 'tmplname', condition: inSchemas('tmplnamespace') },
  { type: 'language', catalogue: 'pg_language', name: 'lanname', condition: isOwn, isOfDatabase: true },
  { type: 'foreign data wrapper', catalogue: 'pg_foreign_data_wrapper', name: 'fdwname', condition: isOwn, isOfDatabase: true },
  { type: 'access method', catalogue: 'pg_am', name: 'amname', condition: isOwn, isOfDatabase: true },
  {
    type: 'transform',
    catalogue: 'pg_transform',
    name: `trftype::regtype || ' for ' || (SELECT l.lanname FROM pg_language l WHERE l.oid = o.trflang)`,
    condition: isOwn,
    isOfDatabase: true,
  },
]

/** Names everything that is there and is not carried. */
export async function readUncarried(reading: Reading): Promise<void> {
  const parts = kinds
    .filter(({ isOfDatabase }) => isOfDatabase !== true || !reading.isPortable)
    .map(
      ({ type, catalogue, name, condition }) =>
        `SELECT '${type}' AS type, o.${name} AS name FROM pg_catalog.${catalogue} o WHERE ${condition}
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_catalog.${catalogue}'::regclass AND d.objid = o.oid AND d.deptype IN ('e', 'i'))`,
    )
  parts.push(`SELECT 'security label of the ' || l.objtype, l.objname FROM pg_catalog.pg_seclabels l
    WHERE l.objnamespace = ANY ($1::oid[])${reading.isPortable ? '' : " OR l.objnamespace IS NULL AND l.objtype NOT IN ('role', 'database', 'tablespace')"}`)
  if (!reading.isPortable) {
    // Its connection string, which may hold a password, is not read.
    parts.push(`SELECT 'subscription', s.subname FROM pg_catalog.pg_subscription s
    WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`)
  }
  reading.uncarried.push(...(await reading.rows<{ type: string; name: string }>(parts.join('\nUNION ALL '))))
}
