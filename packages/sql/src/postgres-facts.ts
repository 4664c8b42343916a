import type { TransactionFacts } from './transaction-facts.ts'

/**
 * What PostgreSQL says about a statement inside of a transaction block: the commands that call PreventInTransactionBlock, see
 * the notes of each command in https://www.postgresql.org/docs/current/sql-commands.html. `serverMajor` is the server's
 * major version. Procedures that commit by themselves (CALL, DO) cannot be told from the text.
 */
export function postgresFacts(words: readonly string[], serverMajor = 18): TransactionFacts {
  const command = words.slice(0, 2).join(' ').toUpperCase()
  const text = ` ${words.join(' ')} `
  for (const rule of rules) {
    if (rule.pattern.test(text) && rule.until > serverMajor) {
      return { transaction: rule.transaction, command: rule.command ?? command, reason: rule.reason }
    }
  }
  return { transaction: 'allowed', command, reason: undefined }
}

interface Rule {
  readonly pattern: RegExp
  readonly transaction: TransactionFacts['transaction']
  readonly command?: string
  readonly reason: string
  /** First major version of the server to which the rule no longer applies. */
  readonly until: number
}

function forbidden(pattern: RegExp, command: string, until = Infinity): Rule {
  return { pattern, transaction: 'forbidden', command, reason: `${command} cannot run inside a transaction block.`, until }
}

const rules: readonly Rule[] = [
  forbidden(/^ create (unique )?index concurrently /, 'CREATE INDEX CONCURRENTLY'),
  forbidden(/^ drop index concurrently /, 'DROP INDEX CONCURRENTLY'),
  forbidden(/^ reindex (\( [^)]*\) )?(index|table|schema|database|system) concurrently /, 'REINDEX CONCURRENTLY'),
  forbidden(/^ reindex \( [^)]*concurrently (?!(false|off|0) )[^)]*\) /, 'REINDEX CONCURRENTLY'),
  forbidden(/^ reindex (\( [^)]*\) )?(schema|database|system) /, 'REINDEX of a schema or database'),
  forbidden(/^ alter table .* detach partition .* concurrently /, 'DETACH PARTITION CONCURRENTLY'),
  forbidden(/^ vacuum /, 'VACUUM'),
  forbidden(/^ cluster (verbose |\( [^)]*\) )?$/, 'CLUSTER without a table'),
  forbidden(/^ create database /, 'CREATE DATABASE'),
  forbidden(/^ drop database /, 'DROP DATABASE'),
  forbidden(/^ alter database \S+ set tablespace /, 'ALTER DATABASE SET TABLESPACE'),
  forbidden(/^ create tablespace /, 'CREATE TABLESPACE'),
  forbidden(/^ drop tablespace /, 'DROP TABLESPACE'),
  forbidden(/^ alter system /, 'ALTER SYSTEM'),
  forbidden(/^ discard all /, 'DISCARD ALL'),
  forbidden(/^ create subscription (?!.*(connect|create_slot) = (false|off) )/, 'CREATE SUBSCRIPTION'),
  forbidden(/^ drop subscription /, 'DROP SUBSCRIPTION'),
  forbidden(/^ alter subscription \S+ (refresh|(set|add|drop) publication) /, 'ALTER SUBSCRIPTION with refresh'),
  forbidden(/^ alter type .* add value /, 'ALTER TYPE ADD VALUE', 12),
  {
    pattern: /^ alter type .* add value /,
    transaction: 'limited',
    command: 'ALTER TYPE ADD VALUE',
    reason: 'The new value of the enum cannot be used before the transaction ends.',
    until: Infinity,
  },
  {
    pattern: /^ (begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction) /,
    transaction: 'control',
    reason: 'It starts or ends a transaction by itself.',
    until: Infinity,
  },
]
