import { dialectRules, type SqlDialect } from './dialect-rules.ts'
import { mysqlFacts } from './mysql-facts.ts'
import { postgresFacts } from './postgres-facts.ts'
import { sqliteFacts } from './sqlite-facts.ts'
import { isSignificant } from './token.ts'

/** How a statement gets along with a transaction around it. */
export interface TransactionFacts {
  /**
   * `allowed`: may run in a transaction block. `forbidden`: the server refuses it there. `control`: it starts or ends
   * transactions itself. `commits`: it commits whatever is open, or may do so. `limited`: runs in a block, with the effect that
   * `reason` tells.
   */
  readonly transaction: 'allowed' | 'limited' | 'forbidden' | 'control' | 'commits'
  /** The command in upper case, for example `CREATE INDEX CONCURRENTLY`; empty for an empty statement. */
  readonly command: string
  /** Why it is not simply allowed; undefined when it is. */
  readonly reason: string | undefined
}

export interface TransactionFactsOptions {
  /** Default `postgresql`. */
  readonly dialect?: SqlDialect | undefined
  /** Major version of a PostgreSQL server; default a current one. */
  readonly serverMajor?: number | undefined
}

/** How many words and symbols from a statement's start are looked at. */
const wordsMax = 64

/** What the database says about a statement inside of a transaction, told from its first words. */
export function readTransactionFacts(statement: string, options: TransactionFactsOptions = {}): TransactionFacts {
  const dialect = options.dialect ?? 'postgresql'
  const words = leadingWords(statement, dialect)
  if (dialect === 'mysql') return mysqlFacts(words)
  return dialect === 'sqlite' ? sqliteFacts(words) : postgresFacts(words, options.serverMajor)
}

/** Whether a statement can be part of a changeset's transaction. */
export function isTransactional(statement: string, options?: TransactionFactsOptions): boolean {
  const { transaction } = readTransactionFacts(statement, options)
  return transaction === 'allowed' || transaction === 'limited'
}

function leadingWords(statement: string, dialect: SqlDialect): readonly string[] {
  const { readToken } = dialectRules(dialect)
  const words: string[] = []
  for (let token = readToken(statement, 0); token !== undefined; token = readToken(statement, token.end)) {
    if (!isSignificant(token) || token.kind === 'executableOpen' || token.kind === 'executableClose') continue
    if (words.length === wordsMax) break
    if (token.kind === 'symbol' && statement.charAt(token.start) === ';') break
    // Quoted things are one opaque word: what stands in them is no keyword.
    const isName = token.kind === 'string' || token.kind === 'dollarString' || token.kind === 'quotedIdentifier'
    words.push(isName ? '"' : statement.slice(token.start, Math.min(token.end, token.start + 64)).toLowerCase())
  }
  return words
}
