import { argumentSpec, type ArgumentSpec } from './arguments.ts'
import { fold, toKebab } from './names.ts'

/** One command of Liquibase as it is known here. */
export interface CommandSpec {
  /** Camel case, as in configuration keys. */
  readonly name: string
  readonly summary: string
  readonly arguments: readonly ArgumentSpec[]
  readonly required: readonly string[]
  /** The argument that may be given without its flag, as in Liquibase 3: `rollbackCount 2`. */
  readonly positional: string | undefined
  /** Not here: why, and what to do. The command line is not looked at further. */
  readonly missing: { readonly why: string; readonly hint: string } | undefined
}

const connection = 'url! username password driver driverPropertiesFile defaultCatalogName defaultSchemaName'
const changelog = `${connection} changelogFile! contextFilter labelFilter changelogParameters`
const listener = 'changeExecListenerClass changeExecListenerPropertiesFile'
const report = 'reportEnabled reportName reportPath'
const summary = 'showSummary showSummaryOutput'
const sqlOutput = 'outputDefaultCatalog outputDefaultSchema'
const changeset = 'changesetId! changesetAuthor! changesetPath!'
const reference =
  'referenceUrl! referenceUsername referencePassword referenceDriver referenceDriverPropertiesFile referenceDefaultCatalogName referenceDefaultSchemaName referenceLiquibaseCatalogName referenceLiquibaseSchemaName referenceSchemas'
const difference =
  'diffTypes excludeObjects includeObjects outputSchemas schemas driftSeverity driftSeverityChanged driftSeverityMissing driftSeverityUnexpected'
const writing =
  'author includeCatalog includeSchema includeTablespace replaceIfExistsTypes runOnChangeTypes skipObjectSorting useOrReplaceOption contextFilter labelFilter'

const applying = `${changelog} ${listener} ${report} rollbackOnError`

const table: readonly CommandSpec[] = [
  known('update', 'deploy what the changelog has and the database does not', `${applying} ${summary}`),
  known('updateSql', 'print the SQL of an update', `${changelog} ${listener} ${sqlOutput}`),
  known('updateCount', 'deploy the next changesets', `${applying} ${summary} count!`, 'count'),
  known('updateCountSql', 'print the SQL of an update-count', `${changelog} ${listener} ${sqlOutput} count!`, 'count'),
  known('updateToTag', 'deploy up to the changeset that sets a tag', `${applying} ${summary} tag!`, 'tag'),
  known('updateToTagSql', 'print the SQL of an update-to-tag', `${changelog} ${listener} ${sqlOutput} tag!`, 'tag'),
  known('updateTestingRollback', 'update, roll back, update again', applying),
  known('updateOneChangeset', 'deploy one changeset', `${applying} ${changeset} force`),
  known('updateOneChangesetSql', 'print the SQL of one changeset', `${changelog} ${listener} ${changeset}`),
  known('rollback', 'undo everything after a tag', `${changelog} ${listener} ${report} rollbackScript tag! tagVersion`, 'tag'),
  known(
    'rollbackSql',
    'print the SQL of a rollback',
    `${changelog} ${listener} ${sqlOutput} rollbackScript tag! tagVersion`,
    'tag',
  ),
  known('rollbackCount', 'undo the last changesets', `${changelog} ${listener} ${report} rollbackScript count!`, 'count'),
  known(
    'rollbackCountSql',
    'print the SQL of a rollback-count',
    `${changelog} ${listener} ${sqlOutput} rollbackScript count!`,
    'count',
  ),
  known('rollbackToDate', 'undo everything since a moment', `${changelog} ${listener} ${report} rollbackScript date!`, 'date'),
  known(
    'rollbackToDateSql',
    'print the SQL of a rollback-to-date',
    `${changelog} ${listener} ${sqlOutput} rollbackScript date!`,
    'date',
  ),
  known('rollbackOneChangeset', 'undo one changeset', `${changelog} ${listener} ${report} rollbackScript ${changeset} force`),
  known('rollbackOneChangesetSql', 'print the SQL of it', `${changelog} ${listener} ${sqlOutput} rollbackScript ${changeset}`),
  known('rollbackOneUpdate', 'undo one deployment', `${changelog} ${listener} ${report} rollbackScript deploymentId force`),
  known('rollbackOneUpdateSql', 'print the SQL of it', `${changelog} ${listener} ${sqlOutput} rollbackScript deploymentId`),
  known('futureRollbackSql', 'print how what is pending would be undone', `${changelog} ${listener} ${sqlOutput}`),
  known('futureRollbackCountSql', 'the same for the next changesets', `${changelog} ${listener} ${sqlOutput} count!`, 'count'),
  known('futureRollbackFromTagSql', 'the same up to a tag', `${changelog} ${listener} ${sqlOutput} tag!`, 'tag'),
  known('changelogSync', 'record everything as deployed', changelog),
  known('changelogSyncSql', 'print the SQL of it', `${changelog} ${sqlOutput}`),
  known('changelogSyncToTag', 'record everything up to a tag as deployed', `${changelog} tag!`, 'tag'),
  known('changelogSyncToTagSql', 'print the SQL of it', `${changelog} ${sqlOutput} tag!`, 'tag'),
  known('markNextChangesetRan', 'record the next changeset as deployed', changelog),
  known('markNextChangesetRanSql', 'print the SQL of it', changelog),
  known('tag', 'mark the current state', `${connection} tag! addRow`, 'tag'),
  known('tagExists', 'say whether there is a tag', `${connection} tag!`, 'tag'),
  known('status', 'list what is pending', `${changelog} verbose`),
  known('validate', 'check the changelog', changelog),
  known('history', 'list what was deployed', `${connection} changelogFile format`),
  known('unexpectedChangesets', 'list rows that the changelog does not have', `${changelog} verbose`),
  known('clearChecksums', 'forget all checksums', connection),
  known(
    'calculateChecksum',
    'print a changeset’s checksum',
    `${connection} changelogFile! changesetIdentifier changesetId changesetAuthor changesetPath changelogParameters`,
    'changesetIdentifier',
  ),
  known('listLocks', 'show who holds the lock', connection),
  known('releaseLocks', 'free the lock', connection),
  known('executeSql', 'run SQL of your own', `${connection} sql sqlFile delimiter`),
  known('connect', 'test the connection', connection),
  known('dropAll', 'drop everything in a schema', `${connection} schemas force requireForce dropDbclhistory`),
  known('snapshot', 'describe the database', `${connection} schemas snapshotFilters snapshotFormat`),
  known('snapshotReference', 'describe the reference database', `${reference} snapshotFilters snapshotFormat`),
  known('diff', 'compare two databases', `${connection} ${reference} ${difference} ${report} format`),
  known(
    'diffChangelog',
    'write the differences as a changelog',
    `${connection} ${reference} ${difference} ${report} ${writing} changelogFile!`,
  ),
  known(
    'generateChangelog',
    'write a database as a changelog',
    `${connection} ${writing} schemas diffTypes excludeObjects includeObjects outputSchemas changelogFile dataOutputDirectory overwriteOutputFile`,
  ),
  missing('dbDoc', 'The pages of db-doc are not made here.', 'Use `snapshot` for the objects and `history` for the changes.'),
  ...['checks', 'flow', 'dbclHistory', 'setContexts', 'setLabels'].map((name) =>
    missing(
      name,
      `"${toKebab(name)}" is a command of Liquibase Pro, which is not part of Sluice.`,
      'docs/liquibase.md says what to use instead.',
    ),
  ),
  missing(
    'init',
    '"init" makes an example project of Liquibase; there is nothing to make here.',
    'Write a changelog and name it with --changelog-file.',
  ),
]

/** Names of Liquibase 3 that are another command's. */
const renamed: Readonly<Record<string, string>> = { migrate: 'update', migrateSql: 'updateSql' }

/** All commands, in the order of the help. */
export const commands: readonly CommandSpec[] = table

/** A command and how its name is repeated in messages: in the style in which it was typed. */
export interface FoundCommand {
  readonly spec: CommandSpec
  readonly shownName: string
}

/** Finds a command by what was typed: kebab or camel case, in any case of letters, as `updateSQL`. */
export function findCommand(typed: string): FoundCommand | undefined {
  const wanted = fold(typed)
  const names: readonly (readonly [string, CommandSpec | undefined])[] = [
    ...table.map((spec) => [spec.name, spec] as const),
    ...Object.entries(renamed).map(([old, name]) => [old, table.find((spec) => spec.name === name)] as const),
  ]
  for (const [name, spec] of names) {
    if (spec === undefined) continue
    const kebab = toKebab(name)
    if (fold(kebab) === wanted) return { spec, shownName: kebab }
    if (fold(name) === wanted) return { spec, shownName: name }
  }
  return undefined
}

/** Names to offer for a misspelt command. */
export const commandNames: readonly string[] = table.map((spec) => toKebab(spec.name))

function known(name: string, text: string, list: string, positional?: string): CommandSpec {
  const words = list.split(/\s+/)
  return {
    name,
    summary: text,
    arguments: words.map((word) => argumentSpec(word.replace('!', ''))),
    required: words.filter((word) => word.endsWith('!')).map((word) => word.slice(0, -1)),
    positional,
    missing: undefined,
  }
}

function missing(name: string, why: string, hint: string): CommandSpec {
  return { name, summary: 'not part of Sluice', arguments: [], required: [], positional: undefined, missing: { why, hint } }
}
