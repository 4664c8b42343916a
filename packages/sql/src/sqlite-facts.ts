import type { TransactionFacts } from './transaction-facts.ts'

/** Settings that a transaction makes SQLite refuse or ignore, https://www.sqlite.org/pragma.html. */
const outside = new Set([
  'foreign_keys',
  'journal_mode',
  'synchronous',
  'temp_store',
  'auto_vacuum',
  'page_size',
  'wal_checkpoint',
])

/** What SQLite says about a statement inside of a transaction, https://www.sqlite.org/lang_transaction.html. All DDL may be in one. */
export function sqliteFacts(words: readonly string[]): TransactionFacts {
  const [first = '', second = ''] = words
  const command = `${first} ${second}`.trim().toUpperCase()
  if (['begin', 'commit', 'end', 'rollback', 'savepoint', 'release'].includes(first)) {
    return { transaction: 'control', command, reason: 'It starts or ends a transaction by itself.' }
  }
  if (first === 'vacuum' || first === 'detach' || first === 'attach') {
    return { transaction: 'forbidden', command, reason: `${first.toUpperCase()} cannot run inside a transaction.` }
  }
  const pragma = words[2] === '.' ? (words[3] ?? '') : second
  if (first === 'pragma' && outside.has(pragma) && (words.length > 2 || pragma === 'wal_checkpoint')) {
    return {
      transaction: 'forbidden',
      command,
      reason: `PRAGMA ${pragma} has no effect inside a transaction, or is refused there.`,
    }
  }
  return { transaction: 'allowed', command, reason: undefined }
}
