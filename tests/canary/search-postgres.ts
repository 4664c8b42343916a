import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import type { Hit, NeedleSearch } from './find-needles.ts'

/** Keeps long values as they are, not compressed, so that data files and the write-ahead log can be searched for their bytes. */
export async function keepValuesPlain(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table, quote_ident(a.attname) as column
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
       and a.attnum > 0 and not a.attisdropped and a.attstorage in ('x', 'm')`,
  )
  for (const { table, column } of rows) await client.query(`alter table ${table} alter column ${column} set storage external`)
}

/** Searches every value of every table: what a dump holds, without the escapes that a dump adds. Binary values as the bytes they are. */
export async function searchDump(
  client: pg.Client,
  searches: Readonly<Record<string, NeedleSearch>>,
): Promise<Record<string, Hit[]>> {
  const hits: Record<string, Hit[]> = Object.fromEntries(Object.keys(searches).map((name) => [name, []]))
  const look = (bytes: Uint8Array, place: string): void => {
    for (const [name, search] of Object.entries(searches)) hits[name]?.push(...search.search(bytes, place))
  }
  const { rows: tables } = await client.query<{ table: string; columns: string[] }>(
    `select format('%I.%I', n.nspname, c.relname) as table,
       array_agg(quote_ident(a.attname) || case when a.atttypid = 'bytea'::regtype then '' else '::text' end) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     group by 1`,
  )
  for (const { table, columns } of tables) {
    const { rows } = await client.query<(string | Buffer | null)[]>({
      text: `select ${columns.join(', ')} from ${table}`,
      rowMode: 'array',
    })
    const values = rows.flat().filter((value) => value !== null)
    for (const value of values) look(typeof value === 'string' ? Buffer.from(value) : value, `table ${table}`)
    // A value that two chunks of a log share.
    look(Buffer.concat(values.filter((value) => Buffer.isBuffer(value))), `bytes of all rows of table ${table}`)
  }
  return hits
}

const pageBytes = 8192
const headerBytes = { first: 40, other: 24 }

/**
 * A segment of the write-ahead log without the headers of its pages, which cut what lies across two of them into pieces (PostgreSQL's
 * src/include/access/xlog_internal.h: pages of 8 KB; the first of a segment has the long header).
 */
function withoutPageHeaders(segment: Buffer): Buffer {
  const pages: Buffer[] = []
  for (let at = 0; at < segment.length; at += pageBytes)
    pages.push(segment.subarray(at + (at === 0 ? headerBytes.first : headerBytes.other), at + pageBytes))
  return Buffer.concat(pages)
}

/** Searches every file below a folder; the segments of a write-ahead log as the records that they hold, too. */
export function searchFolder(dir: string, search: NeedleSearch): { readonly hits: readonly Hit[]; readonly bytes: number } {
  const hits: Hit[] = []
  let bytes = 0
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    let content: Buffer
    try {
      content = readFileSync(path)
    } catch (error) {
      // Files come and go in folders that are in use.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw error
    }
    bytes += content.length
    hits.push(...search.search(content, path))
    if (/\/pg_wal\/[0-9A-F]{24}$/.test(path)) hits.push(...search.search(withoutPageHeaders(content), path))
  }
  return { hits, bytes }
}
