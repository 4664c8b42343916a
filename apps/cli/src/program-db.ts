import { type Command, Option } from 'commander'
import type { Act } from './act.ts'
import type { ApplyFlags } from './db/apply.ts'
import type { ExecuteSqlFlags } from './db/execute-sql.ts'
import { withChangelogFlags, withConnection, withDryRun, withExamples, withLimits, withWriting } from './db/flags.ts'
import type { PreviewFlags } from './db/preview.ts'
import type { DbRollbackFlags } from './db/rollback.ts'
import type { SyncFlags } from './db/sync.ts'
import type { TestRollbackFlags } from './db/test-rollback.ts'
import { collectChangesets, parseLimit } from './option-values.ts'
import { historyGroups } from './program-db-history.ts'
import { addSchemaCommands } from './program-db-schema.ts'

const changelogFlag = '--changelog db/changelog.yaml'

/** Functions that add commands, and the names and aliases of those they add. */
export interface CommandGroup {
  readonly names: readonly string[]
  readonly add: (parent: Command, act: Act) => void
}

export const databaseGroups: readonly CommandGroup[] = [
  { names: ['apply', 'update', 'sync', 'changelog-sync', 'preview'], add: addForwardCommands },
  { names: ['rollback', 'test-rollback', 'update-testing-rollback'], add: addRollbackCommands },
  ...historyGroups,
  { names: ['snapshot', 'diff', 'diff-changelog', 'generate-changelog', 'drop-all'], add: addSchemaCommands },
  { names: ['execute-sql'], add: addExecuteSql },
]

/** The group of the command that a command line names outright: nothing else is needed to run it or to explain it. */
export function findDatabaseGroup(argv: readonly string[]): CommandGroup | undefined {
  return argv[0] === 'db' ? databaseGroups.find(({ names }) => names.includes(argv[1] ?? '')) : undefined
}

/**
 * sluice db: the engine alone, without a control plane. Liquibase's command names are aliases. With one group, only its commands: building
 * all of them costs a short command more than its own work does.
 */
export function addDatabaseCommands(program: Command, act: Act, only?: CommandGroup): void {
  const db = program.command('db').description('the migration engine alone: no control plane, no delegate')
  for (const group of only === undefined ? databaseGroups : [only]) group.add(db, act)
}

function addForwardCommands(db: Command, act: Act): void {
  const apply = db.command('apply').alias('update').description('apply what the changelog has and the database does not')
  withDryRun(withWriting(withLimits(withChangelogFlags(apply))))
    .option('--tag <tag>', 'tag to set afterwards')
    .addOption(
      new Option('--on-partial <what>', 'what to do with a changeset of which only a part ran')
        .choices(['stop', 'resume'])
        .default('stop'),
    )
    .action(act(async (context, options: ApplyFlags) => (await import('./db/commands.ts')).dbApply(context, options)))
  withExamples(apply, `${changelogFlag} --contexts dev`, `${changelogFlag} --dry-run`, `${changelogFlag} --to-tag v1.4`)

  const sync = db.command('sync').alias('changelog-sync').description('record pending changesets as done without running them')
  withDryRun(withWriting(withLimits(withChangelogFlags(sync))))
    .option('--next', 'only the next pending one', false)
    .action(act(async (context, options: SyncFlags) => (await import('./db/commands.ts')).dbSync(context, options)))
  withExamples(sync, `${changelogFlag} --dry-run`, `${changelogFlag} --changeset db/shop.sql::7::alice`)

  const preview = db.command('preview').description('print SQL and change nothing: of an apply, a rollback or a sync')
  withLimits(withChangelogFlags(preview))
    .option('--rollback-to-tag <tag>', 'of a rollback to this tag')
    .option('--rollback-count <n>', 'of a rollback by this many changesets', parseLimit)
    .option('--rollback-to-date <date>', 'of a rollback of what ran after this moment')
    .option('--rollback-deployment [id]', 'of a rollback of one deployment (default: the newest)')
    .option('--rollback-changeset <name>', 'of a rollback of this one, as path::id::author (repeatable)', collectChangesets)
    .option('--future-rollback', 'how what is pending would be undone', false)
    .option('--sync', 'the rows that a sync would write', false)
    .option('--with-history', 'also the statements for the history tables', false)
    .action(act(async (context, options: PreviewFlags) => (await import('./db/commands.ts')).dbPreview(context, options)))
  withExamples(preview, `${changelogFlag} > update.sql`, `${changelogFlag} --rollback-count 1`)
}

function addRollbackCommands(db: Command, act: Act): void {
  const rollback = db.command('rollback').description('undo changesets: after a tag or date, a number, a deployment, chosen ones')
  withDryRun(withWriting(withChangelogFlags(rollback)))
    .option('--to-tag <tag>', 'back to the state at this tag')
    .addOption(new Option('--tag-version <which>', 'which row counts when several carry the tag').choices(['newest', 'oldest']))
    .option('--count <n>', 'this many changesets, newest first', parseLimit)
    .option('--to-date <date>', 'what ran after this moment, by the database’s clock: 2026-03-01 or "2026-03-01 12:30:00"')
    .option('--deployment [id]', 'what one deployment applied (default: the newest; ids are in the history)')
    .option('--changeset <name>', 'only this one, as path::id::author (repeatable)', collectChangesets)
    .option('--force', 'also where newer changesets stay, which may depend on what is undone', false)
    .action(act(async (context, options: DbRollbackFlags) => (await import('./db/commands.ts')).dbRollback(context, options)))
  withExamples(
    rollback,
    `${changelogFlag} --count 1`,
    `${changelogFlag} --to-tag v1.3 --dry-run`,
    `${changelogFlag} --deployment`,
    `${changelogFlag} --changeset db/shop.sql::7::alice --force`,
  )

  const test = db
    .command('test-rollback')
    .alias('update-testing-rollback')
    .description('apply what is pending, undo it, apply it again: for a database that may break')
  withDryRun(withWriting(withLimits(withChangelogFlags(test))))
    .option('--yes', 'do not ask', false)
    .action(
      act(async (context, options: TestRollbackFlags) => (await import('./db/commands.ts')).dbTestRollback(context, options)),
    )
  withExamples(test, `${changelogFlag} --yes`)
}

function addExecuteSql(db: Command, act: Act): void {
  const execute = db
    .command('execute-sql')
    .description('run statements that are no part of a changelog; no history, no changelog lock')
  withDryRun(withConnection(execute))
    .option('--sql <text>', 'the statements')
    .option('--sql-file <file>', 'a file with the statements; - is stdin')
    .option('--delimiter <text>', 'what ends a statement (default: ;)')
    .option('--rows <n>', 'rows of each answer to show', parseLimit, 1000)
    .action(act(async (context, options: ExecuteSqlFlags) => (await import('./db/commands.ts')).dbExecuteSql(context, options)))
  withExamples(execute, `--sql "select count(*) from orders"`, '--sql-file repair.sql --dry-run')
}
