import { readCopyFromStdin } from '@sluice/sql'
import type { Dialect } from './dialect.ts'
import type { PlannedStatement } from './plan.ts'
import { commandComment } from './planning/host-commands.ts'
import { createHistoryTable, createLockTable } from './tracking/tables.ts'
import type { Tracking } from './tracking/tables.ts'

/** LOCKEDBY of a script. It must not look like a run's: Sluice takes over the rows of its own dead runs, and never this one. */
const scriptHolder = 'script (made by sluice)'

/**
 * A statement with its delimiter, unless it has one. A line comment at the end would swallow it, so it goes to a line of its own then. The
 * data of a COPY stays as psql reads it.
 */
export function terminate(sql: string): string {
  if (readCopyFromStdin(sql) !== undefined) return sql
  if (endsInComment(sql, literals) || endsInComment(sql, escapedLiterals)) return `${sql}\n;`
  return sql.endsWith(';') ? sql : `${sql};`
}

/** A planned statement as a script has it: SQL with its end, a command of the host as a comment. */
export function statementText({ sql, command }: PlannedStatement): string {
  return command === undefined ? terminate(sql) : asComment(commandComment(command))
}

const literals = /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g
/** The same where a backslash escapes. Which it is depends on the session; a line too many does no harm. */
const escapedLiterals = /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g

function endsInComment(sql: string, tokens: RegExp): boolean {
  if (!sql.includes('--', sql.lastIndexOf('\n') + 1)) return false
  let last: RegExpExecArray | undefined
  for (const match of sql.matchAll(tokens)) last = match
  // No token at the end: an unclosed literal or the likes, about which nothing is known.
  const isClosed = last !== undefined && last.index + last[0].length === sql.length
  return last === undefined || (isClosed && last[0].startsWith('--')) || sql.includes('--', last.index + last[0].length)
}

/** A text as lines of SQL comments. */
export function asComment(text: string): string {
  return text
    .split('\n')
    .map((line) => `-- ${line}`)
    .join('\n')
}

/** Parts with a blank line between them; a comment stays with what follows it. The parts themselves stay as they are. */
export function joinScript(parts: readonly string[]): string {
  const texts = parts.map((part, index) => {
    const next = parts[index + 1]
    if (next === undefined) return `${part}\n`
    return isComment(part) && !next.startsWith('--') ? `${part}\n` : `${part}\n\n`
  })
  return texts.join('')
}

/** Whether the last line is a comment. */
function isComment(part: string): boolean {
  return part.startsWith('-- ', part.lastIndexOf('\n') + 1)
}

/** A script with what comes before and after it: missing tracking tables, the lock row taken and given back. */
export function frameScript(parts: readonly string[], dialect: Dialect, tracking: Tracking): readonly string[] {
  if (parts.length === 0) return []
  const { history, lock } = tracking
  const before: string[] = []
  if (lock.columns === undefined) {
    before.push(
      `-- Create the lock table`,
      terminate(createLockTable(dialect, lock)),
      terminate(`INSERT INTO ${lock.sql} (ID, LOCKED) VALUES (1, FALSE)`),
    )
  }
  before.push(
    '-- Take the lock',
    terminate(
      `UPDATE ${lock.sql} SET LOCKED = TRUE, LOCKEDBY = ${dialect.literal(scriptHolder)}, LOCKGRANTED = ${dialect.currentTimestamp} ` +
        'WHERE ID = 1 AND LOCKED = FALSE',
    ),
  )
  if (history.columns === undefined) before.push('-- Create the history table', terminate(createHistoryTable(dialect, history)))
  return [
    ...before,
    ...parts,
    '-- Give the lock back',
    terminate(`UPDATE ${lock.sql} SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1`),
  ]
}
