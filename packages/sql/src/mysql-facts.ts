import type { TransactionFacts } from './transaction-facts.ts'

/** Statements that change data or nothing, and so wait for a commit. Everything else is taken to commit by itself. */
const quiet = new Set(
  'select insert update delete replace with values table do show explain describe desc load set use signal resignal handler kill help checksum ('.split(
    ' ',
  ),
)

/**
 * What MySQL and MariaDB do with an open transaction, https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html. CALL, EXECUTE and
 * MariaDB's EXECUTE IMMEDIATE run what the text does not show, so they count as committing.
 */
export function mysqlFacts(words: readonly string[]): TransactionFacts {
  const [first = '', second = '', third = ''] = words
  const command = `${first} ${second}`.trim().toUpperCase()
  const facts = (transaction: TransactionFacts['transaction'], reason?: string): TransactionFacts => ({
    transaction,
    command,
    reason,
  })
  const text = ` ${words.join(' ')} `
  if (first === '') return facts('allowed')
  if (first === 'begin' && second === 'not') return facts('commits', 'A block may hold statements that commit.')
  if (
    /^ (begin|start transaction|commit|rollback|savepoint|release savepoint|xa) /.test(text) ||
    /^ set (session )?(@ @ (session \. )?)?autocommit /.test(text)
  ) {
    return facts('control', 'It starts or ends a transaction by itself.')
  }
  if (/^ set (session |local )?transaction /.test(text))
    return facts('forbidden', 'SET TRANSACTION cannot run inside a transaction.')
  if (text.startsWith(' set password ')) return facts('commits', 'SET PASSWORD commits.')
  if ((first === 'create' || first === 'drop') && second === 'temporary' && third === 'table') {
    return facts('limited', 'A temporary table is made or dropped at once, and a rollback does not undo that.')
  }
  if (quiet.has(first)) return facts('allowed')
  return facts('commits', `${command} commits whatever is open.`)
}
