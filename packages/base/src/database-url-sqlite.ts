import type { Diagnostic } from './diagnostic.ts'
import { badEncoding, decodePercent, urlError } from './database-url-text.ts'

/** SQLite's name for a database that lives in one connection's memory. */
export const sqliteMemory = ':memory:'

/**
 * The file of a SQLite URL: `jdbc:sqlite:shop.db`, `jdbc:sqlite:/data/shop.db`, `sqlite:///data/shop.db`, `jdbc:sqlite:file:/data/shop.db`,
 * `jdbc:sqlite::memory:`. An empty name means memory too, as the JDBC driver takes it (https://github.com/xerial/sqlite-jdbc, USAGE).
 */
export function parseSqlitePath(text: string, problems: Diagnostic[]): string | undefined {
  const written = text.replace(/^\/\/(?=\/)/, '')
  if (written.startsWith('//')) {
    problems.push(
      urlError(
        'DATABASE_URL_INVALID',
        'The SQLite URL has a host where its file should be.',
        'Write sqlite:///data/shop.db for a path from the root, sqlite:shop.db for one from the current folder.',
      ),
    )
    return undefined
  }
  if (/^:resource:/i.test(written)) {
    problems.push(
      urlError(
        'DATABASE_URL_INVALID',
        'The SQLite URL names a resource of a Java class path.',
        'Unpack the file and name its path: jdbc:sqlite:/data/shop.db.',
      ),
    )
    return undefined
  }
  const decoded = decodePercent(written)
  if (decoded === undefined) {
    problems.push(badEncoding())
    return undefined
  }
  const path = decoded.replace(/^file:(?:\/\/(?=\/))?/i, '')
  if (path === '' || path === sqliteMemory) return sqliteMemory
  if (path.includes('\0')) {
    problems.push(urlError('DATABASE_URL_INVALID', 'The path of the SQLite URL has a NUL character.'))
    return undefined
  }
  return path
}

/** A path with `.`, `..` and doubled slashes resolved, so that one file has one key. Links are not followed: nothing is read. */
export function normalizeSqlitePath(path: string): string {
  if (path === sqliteMemory) return path
  const isAbsolute = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isAbsolute) parts.push(part)
  }
  return `${isAbsolute ? '/' : ''}${parts.join('/')}`
}
