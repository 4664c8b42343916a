import type { Diagnostic } from '@sluice/base'
import { matchesChangeDbms, matchesContexts, matchesDbms, matchesLabels } from '@sluice/changelog'
import type { Change, Changeset, SourcePlace, SqlChange, SqlFileChange } from '@sluice/changelog'
import { isTransactional, readCopyFromStdin, readTransactionFacts, splitStatements, sqlDialectOf } from '@sluice/sql'
import type { SqlDialect } from '@sluice/sql'
import type { TableColumn } from '../database.ts'
import type { Dialect, SchemaFacts } from '../dialect.ts'
import type { SelectionOptions } from '../options.ts'
import type { PlannedStatement, TypedStatement } from '../plan.ts'
import { resolveCommand } from './host-commands.ts'
import { prepareModification } from './modify-sql.ts'
import { createTypedLoad } from './typed-load.ts'

/** What statements are resolved against. */
export interface StatementContext {
  readonly dialect: Dialect
  /** For unqualified names in generated SQL; undefined leaves them as they are (offline). */
  readonly defaultSchema: string | undefined
  readonly serverMajor: number | undefined
  readonly selection: SelectionOptions | undefined
  /** What the catalogue says before each statement, where a dialect needs it; it is told of every statement in the order planned. */
  readonly facts?: SchemaFacts | undefined
  /** For a script of SQL: commands of the host are shown and never refused, since nothing runs. */
  readonly showsCommands?: boolean | undefined
  /** Columns of the history as it is; undefined where it has yet to be made. */
  readonly historyColumns?: readonly TableColumn[] | undefined
}

export interface ResolvedStatements {
  readonly statements: readonly PlannedStatement[]
  readonly diagnostics: readonly Diagnostic[]
  /** Texts of `output` changes, and of a `stop`, which ends the run when it is reached. */
  readonly messages: readonly string[]
  readonly stop: string | undefined
}

/** The SQL of some changes of a changeset: split, generated, and modified, in order. `forRollback` limits visitors to those that want it. */
export function resolveStatements(
  changeset: Changeset,
  changes: readonly Change[],
  context: StatementContext,
  forRollback = false,
): ResolvedStatements {
  if (changeset.isInvalid === true) return { statements: [], diagnostics: [], messages: [], stop: undefined }
  const statements: PlannedStatement[] = []
  const diagnostics: Diagnostic[] = []
  const messages: string[] = []
  let stop: string | undefined
  const visitors = changeset.modifySql.filter(
    (visitor) =>
      (!forRollback || visitor.applyToRollback) &&
      matchesDbms(visitor.dbms, context.dialect.name) &&
      matchesContexts([visitor.context], context.selection?.contexts ?? []) &&
      matchesLabels([splitLabels(visitor.labels)], context.selection?.labels),
  )
  const modification = prepareModification(visitors)
  diagnostics.push(...modification.diagnostics)
  const add = (sql: string, place: SourcePlace, typed?: TypedStatement): void => {
    // Data is not SQL: only the command is modified.
    const copy = visitors.length === 0 ? undefined : readCopyFromStdin(sql)
    const modified =
      copy === undefined ? modification.apply(sql) : modification.apply(copy.command) + sql.slice(copy.command.length)
    statements.push(typed === undefined ? { sql: modified, place } : { sql: modified, place, typed })
    context.facts?.note(modified)
  }
  for (const change of changes) {
    if (change.type === 'modelled') {
      if (change.name === 'output') messages.push(change.node.attributes['message'] ?? '')
      if (change.name === 'stop') stop ??= change.node.attributes['message'] ?? 'Stop command in the changelog.'
      if (change.name === 'output' || change.name === 'stop' || change.name === 'empty' || change.name === 'tagDatabase') continue
      if (!matchesChangeDbms(change.node.attributes['dbms'], context.dialect.name)) continue
      if (change.name === 'executeCommand') {
        const mode = context.showsCommands === true ? 'show' : context.selection?.allowCommands === true ? 'run' : 'refuse'
        const resolved = resolveCommand(change, mode)
        diagnostics.push(...resolved.diagnostics)
        if (resolved.message !== undefined) messages.push(resolved.message)
        if (resolved.statement !== undefined) statements.push(resolved.statement)
        continue
      }
      const { defaultSchema, facts } = context
      const { objectQuotingStrategy } = changeset
      const generated = context.dialect.generate(change, { defaultSchema, objectQuotingStrategy, facts })
      diagnostics.push(...generated.diagnostics)
      const awaits = generated.awaitsColumnTypes === true
      const load = awaits ? createTypedLoad(change, changeset, context, modification) : undefined
      for (const [index, sql] of generated.statements.entries())
        add(sql, change.place, load === undefined ? undefined : { load, index })
    } else if (matchesChangeDbms(change.dbms, context.dialect.name)) {
      if (change.type === 'sql' && change.text === '' && !forRollback) diagnostics.push(withoutSql(change.place))
      const split = splitSql(change, context.dialect)
      diagnostics.push(...split.diagnostics)
      for (const { sql, place } of split.statements) add(sql, place)
    }
  }
  return { statements, diagnostics, messages, stop }
}

/** Recorded as done, it would hide a mistake; Liquibase refuses it too. */
function withoutSql(place: SourcePlace): Diagnostic {
  const message = 'The change "sql" has no SQL.'
  return { severity: 'error', code: 'CHANGE_ATTRIBUTE_MISSING', message, ...place, hint: 'Write its statements, or remove it.' }
}

/** Why statements cannot share one transaction, or undefined when they can. */
export function findNonTransactional(
  changeset: Changeset | undefined,
  statements: readonly PlannedStatement[],
  context: StatementContext,
): string | undefined {
  if (changeset?.runInTransaction === false) return 'The changeset says runInTransaction:false.'
  const options = { dialect: sqlDialectOf(context.dialect.name), serverMajor: context.serverMajor }
  if (statements.some(({ command }) => command !== undefined))
    return 'It runs a command of the host, which no transaction takes back.'
  const commitsDdl = options.dialect === 'postgresql' && !context.dialect.transactionalDdl
  for (const { sql } of statements) {
    if (commitsDdl && !changesDataOnly(sql))
      return `${readTransactionFacts(sql, options).command} may not be taken back with its transaction on ${context.dialect.name}.`
    for (const text of partsToJudge(sql, options.dialect)) {
      if (isTransactional(text, options)) continue
      const facts = readTransactionFacts(text, options)
      return facts.reason ?? `${facts.command} cannot be in a transaction.`
    }
  }
  return undefined
}

/** For servers that speak PostgreSQL's SQL but do not take changes of the schema back: what reads or changes rows, and nothing else. */
function changesDataOnly(sql: string): boolean {
  const { statements } = splitStatements(sql, { dialect: 'postgresql' })
  return statements.every(({ text }) =>
    /^(SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|SET|UPSERT|COPY)\b/.test(readTransactionFacts(text).command),
  )
}

/** The statements in a text that may need a look; a changeset with splitStatements:false is one text of perhaps several. */
function partsToJudge(sql: string, dialect: SqlDialect): readonly string[] {
  // In MySQL nearly everything commits, so every statement is looked at; most are one, and their first words tell.
  if (dialect === 'mysql' && !sql.includes(';')) return [sql]
  const isSuspect = dialect === 'mysql' || (dialect === 'sqlite' ? sqliteSuspects : postgresSuspects).test(sql)
  return isSuspect ? splitStatements(sql, { dialect }).statements.map(({ text }) => text) : []
}

/** Characters of a statement that may still take no time. */
export const quickLengthMax = 8192
/** Kinds of statements that take no time as a rule, and the words that make an exception of one. */
const quickKinds: readonly { readonly kind: RegExp; readonly unless?: RegExp }[] = [
  { kind: /^\s*create\s+(?:unlogged\s+)?table\b/i, unless: /\bas\b(?!\s+identity\b)|\bselect\b|\bexecute\b/i },
  {
    kind: /^\s*alter\s+table\s+\S+\s+add\b/i,
    unless: /\b(?:default|check|references|constraint|unique|primary|exclude|generated|using|\w*serial\w*)\b/i,
  },
  { kind: /^\s*insert\s+into\b/i, unless: /\bselect\b/i },
  { kind: /^\s*(?:create\s+(?:sequence|schema|domain)|comment\s+on|grant|revoke)\b/i },
]

/** Something behind the end of a statement: perhaps a second one. */
export const maybeSeveral = /;\s*\S/

/**
 * Whether a text is one statement of PostgreSQL, of a kind that takes no time as a rule and cannot end its transaction, so that the commit may
 * be sent with it. Of anything that may take long it has to be known that a lost connection took it back, which holds while no commit is sent.
 */
export function mayCommitWith(sql: string, dialect: Pick<Dialect, 'name' | 'transactionalDdl'>): boolean {
  if (!dialect.transactionalDdl || sqlDialectOf(dialect.name) !== 'postgresql' || sql.length > quickLengthMax) return false
  return quickKinds.some(({ kind, unless }) => kind.test(sql) && unless?.test(sql) !== true) && !maybeSeveral.test(sql)
}

/** Whether a statement may share a transaction with the note that it ran. Procedures and DO blocks may commit by themselves. */
export function canShareTransaction(sql: string, dialect: Pick<Dialect, 'name' | 'transactionalDdl'>): boolean {
  const options = { dialect: sqlDialectOf(dialect.name) }
  const { statements } = splitStatements(sql, options)
  const only = statements[0]
  if (only === undefined || statements.length > 1 || !isTransactional(only.text, options)) return false
  if (options.dialect === 'postgresql' && !dialect.transactionalDdl) return changesDataOnly(sql)
  return options.dialect !== 'postgresql' || !/^(CALL|DO)\b/.test(readTransactionFacts(only.text, options).command)
}

/**
 * Whether a statement that failed may have done a part of its work, where the database does not undo it: several statements in one
 * text, a routine, a list of objects.
 */
export function mayHavePartlyRun(sql: string, dialect: Pick<Dialect, 'name' | 'transactionalDdl'>): boolean {
  if (dialect.transactionalDdl) return false
  const { statements } = splitStatements(sql, { dialect: sqlDialectOf(dialect.name) })
  const only = statements[0]
  if (only === undefined || statements.length > 1) return statements.length > 1
  const { command } = readTransactionFacts(only.text, { dialect: sqlDialectOf(dialect.name) })
  return (
    /^(CALL|EXECUTE|BEGIN)\b/.test(command) ||
    (/^(DROP|GRANT|REVOKE|CREATE USER|RENAME)\b/.test(command) && only.text.includes(','))
  )
}

/** Where tables are locked by hand (MySQL's LOCK TABLES), from a statement up to the one that unlocks them: nothing of ours may come between. */
export function lockedRegions(
  statements: readonly PlannedStatement[],
  dialect: Pick<Dialect, 'name'>,
): readonly (readonly [number, number])[] {
  if (sqlDialectOf(dialect.name) !== 'mysql') return []
  const regions: [number, number][] = []
  for (const [index, { sql }] of statements.entries()) {
    const open = regions.at(-1)
    if (open !== undefined && index <= open[1]) {
      if (/^\s*unlock\s+tables?\b/i.test(sql)) open[1] = index
    } else if (/^\s*lock\s+tables?\b/i.test(sql)) regions.push([index, statements.length - 1])
  }
  return regions
}

/** A cheap look before the lexer: most statements hold none of these words. */
const postgresSuspects =
  /\b(concurrently|reindex|vacuum|cluster|database|tablespace|system|discard|subscription|type|begin|start|commit|end|rollback|abort|prepare|savepoint|release)\b/i
const sqliteSuspects = /\b(vacuum|attach|detach|pragma|begin|commit|end|rollback|savepoint|release)\b/i

/** The statements of a text, each with its place. */
export function splitSql(
  change: SqlChange | SqlFileChange,
  dialect: Pick<Dialect, 'name'>,
): {
  readonly statements: readonly { readonly sql: string; readonly place: SourcePlace }[]
  readonly diagnostics: readonly Diagnostic[]
} {
  const file = change.type === 'sqlFile' ? change.resolvedPath : change.place.file
  const firstLine = change.type === 'sqlFile' ? 1 : change.place.line
  const { statements, diagnostics } = splitStatements(change.text, {
    dialect: sqlDialectOf(dialect.name),
    splitStatements: change.splitStatements,
    stripComments: change.stripComments,
    endDelimiter: change.endDelimiter,
    file,
    firstLine,
  })
  return { statements: statements.map(({ text, line }) => ({ sql: text, place: { file, line, column: 1 } })), diagnostics }
}

function splitLabels(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '')
}
