import { type Command, Option } from 'commander'
import type { ChangelogOptions, ConnectionOptions } from './db/db-options.ts'
import { collect, parseCount } from './option-values.ts'
import type { Act } from './act.ts'

/** sluice db: the engine alone, without a control plane. */
export function addDatabaseCommands(program: Command, act: Act): void {
  const db = program.command('db').description('the migration engine alone: no control plane, no delegate')
  withChangelog(withConnection(db.command('apply').description('apply what the changelog has and the database does not')))
    .option('--tag <tag>', 'tag to set afterwards')
    .option('--count <n>', 'at most this many changesets', parseCount)
    .option('--to-tag <tag>', 'stop after the changeset that sets this tag')
    .addOption(
      new Option('--on-partial <what>', 'what to do with a changeset of which only a part ran')
        .choices(['stop', 'resume'])
        .default('stop'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ SLUICE_DB_PASSWORD=… sluice db apply --url jdbc:postgresql://localhost/shop --user shop --changelog db/changelog.yaml --contexts dev',
    )
    .action(
      act(
        async (
          context,
          options: ConnectionOptions &
            ChangelogOptions & { tag?: string; count?: number; toTag?: string; onPartial: 'stop' | 'resume' },
        ) => (await import('./db/apply.ts')).dbApply(context, options),
      ),
    )

  withChangelog(withConnection(db.command('status').description('what is pending, what is unexpected')))
    .option('--exit-code', 'exit with 3 when changesets are pending', false)
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice db status --url jdbc:postgresql://localhost/shop --user shop --changelog db/changelog.yaml',
    )
    .action(
      act(async (context, options: ConnectionOptions & ChangelogOptions & { exitCode: boolean }) =>
        (await import('./db/status.ts')).dbStatus(context, options),
      ),
    )

  withConnection(db.command('history').description('what ran, oldest first'))
    .option('--limit <n>', 'only the newest', parseCount)
    .addHelpText('after', '\nExample:\n  $ sluice db history --url jdbc:postgresql://localhost/shop --user shop --limit 20')
    .action(
      act(async (context, options: ConnectionOptions & { limit?: number }) =>
        (await import('./db/history.ts')).dbHistory(context, options),
      ),
    )

  withConnection(db.command('tag').description('set a tag on the last row of the history').argument('<tag>', 'the tag'))
    .addHelpText('after', '\nExample:\n  $ sluice db tag v1.4 --url jdbc:postgresql://localhost/shop --user shop')
    .action(
      act(async (context, tag: string, options: ConnectionOptions) => (await import('./db/tag.ts')).dbTag(context, tag, options)),
    )

  withConnection(db.command('unlock').description('free the changelog lock that a killed run left'))
    .option('--force', 'free that of a Liquibase too: only if you know that it is dead', false)
    .addHelpText('after', '\nExample:\n  $ sluice db unlock --url jdbc:postgresql://localhost/shop --user shop')
    .action(
      act(async (context, options: ConnectionOptions & { force: boolean }) =>
        (await import('./db/unlock.ts')).dbUnlock(context, options),
      ),
    )

  withChangelog(withConnection(db.command('rollback').description('undo what came after a tag, or a number of changesets')))
    .addOption(new Option('--to-tag <tag>', 'back to the state at this tag').conflicts('count'))
    .option('--count <n>', 'this many changesets, newest first', parseCount)
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice db rollback --count 1 --url … --changelog db/changelog.yaml\n  $ sluice db rollback --to-tag v1.3 --url … --changelog db/changelog.yaml',
    )
    .action(
      act(async (context, options: ConnectionOptions & ChangelogOptions & { toTag?: string; count?: number }) =>
        (await import('./db/rollback.ts')).dbRollback(context, options),
      ),
    )

  withChangelog(
    withConnection(db.command('preview').description('print the SQL of an apply, or of a rollback, and change nothing')),
  )
    .option('--rollback-to-tag <tag>', 'the SQL of a rollback to this tag')
    .option('--rollback-count <n>', 'the SQL of a rollback by this many changesets', parseCount)
    .option('--with-history', 'also print the statements for the history tables', false)
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice db preview --url jdbc:postgresql://localhost/shop --user shop --changelog db/changelog.yaml > update.sql',
    )
    .action(
      act(
        async (
          context,
          options: ConnectionOptions &
            ChangelogOptions & { rollbackToTag?: string; rollbackCount?: number; withHistory: boolean },
        ) => (await import('./db/preview.ts')).dbPreview(context, options),
      ),
    )
}

function withConnection(command: Command): Command {
  return command
    .requiredOption('--url <url>', 'database, as JDBC or native URL')
    .option('--user <user>', 'user (default: $SLUICE_DB_USER)')
    .option('--password-file <file>', 'file that holds the password (default: $SLUICE_DB_PASSWORD, else a prompt)')
    .option('--history-schema <schema>', 'schema of the history tables')
    .option('--history-table <table>', 'name of the history table')
    .option('--lock-table <table>', 'name of the lock table')
}

function withChangelog(command: Command): Command {
  return command
    .requiredOption('--changelog <file>', 'root changelog, from the search path')
    .option('--search-path <dir>', 'folder that changelog paths start at', '.')
    .option('--contexts <list>', 'contexts to run, comma separated')
    .option('--labels <filter>', 'label filter expression')
    .option('--param <name=value>', 'changelog parameter (repeatable)', collect, [])
}
