/** The first word of a statement in upper case, past comments and parentheses; empty where there is none. */
export function leadingWord(sql: string): string {
  const rest = sql.replace(/^(?:\s+|\(|--[ \t\r\n][^\n]*|--$|#[^\n]*|\/\*(?![!M])[\s\S]*?\*\/|\/\*M?!\d*)+/, '')
  return (/^[A-Za-z_]+/.exec(rest)?.[0] ?? '').toUpperCase()
}

const counted = new Set([
  'INSERT',
  'UPDATE',
  'DELETE',
  'REPLACE',
  'SELECT',
  'WITH',
  'VALUES',
  'TABLE',
  'LOAD',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXPLAIN',
])

/** Whether a count of none means "no rows" rather than "nothing to count". */
export function returnsCount(command: string): boolean {
  return counted.has(command)
}
