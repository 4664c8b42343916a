import { type Command, Option } from 'commander'
import type { Act } from './act.ts'
import type { DiffChangelogFlags } from './db/diff-changelog.ts'
import type { DiffFlags } from './db/diff.ts'
import type { DropAllFlags } from './db/drop-all.ts'
import { withConnection, withDryRun, withExamples, withWriting } from './db/flags.ts'
import type { GenerateChangelogFlags } from './db/generate-changelog.ts'
import type { SnapshotFlags } from './db/snapshot.ts'
import { collect, parseCount } from './option-values.ts'

/** Commands about the schema itself: what is in it, how it differs, changelogs from it, and its end. */
export function addSchemaCommands(db: Command, act: Act): void {
  const snapshot = db.command('snapshot').description('everything in the schemas, as text, or as a file to compare with later')
  withSchemas(withConnection(snapshot))
    .option('--output <file>', 'write it as JSON to this file')
    .option('--overwrite', 'replace the file', false)
    .action(act(async (context, options: SnapshotFlags) => (await import('./db/commands.ts')).dbSnapshot(context, options)))
  withExamples(snapshot, '', '--output before.json', '--all-schemas --json')

  const diff = db.command('diff').description('how a database differs from a reference; exits with 3 when it does')
  withReference(withFilters(withSchemas(withConnection(diff)))).action(
    act(async (context, options: DiffFlags) => (await import('./db/commands.ts')).dbDiff(context, options)),
  )
  diff.addHelpText('after', '\nEach side is a database URL or a file that `sluice db snapshot` wrote.')
  withExamples(diff, '--reference before.json', '--reference jdbc:postgresql://staging/shop --types table,index')

  const changes = db.command('diff-changelog').description('changesets that make a database like its reference')
  withChangelogOutput(withReference(withFilters(withSchemas(withConnection(changes)))), 'add them to this file').action(
    act(async (context, options: DiffChangelogFlags) => (await import('./db/commands.ts')).dbDiffChangelog(context, options)),
  )
  withExamples(changes, '--reference jdbc:postgresql://staging/shop --output db/changes.sql')

  const generate = db.command('generate-changelog').description('a changelog that makes this schema in an empty database')
  withChangelogOutput(withFilters(withSchemas(withConnection(generate))), 'write it to this file')
    .option('--data', 'also the rows of every table, as INSERT statements', false)
    .option('--data-only', 'only the rows', false)
    .option('--data-rows <n>', 'largest table whose rows are written', parseCount, 10_000)
    .action(
      act(async (context, options: GenerateChangelogFlags) =>
        (await import('./db/commands.ts')).dbGenerateChangelog(context, options),
      ),
    )
  withExamples(generate, '--output db/changelog.sql', '--output db/codes.sql --data-only --include "code_*"')

  const drop = db.command('drop-all').description('drop everything in the schemas, history included')
  withDryRun(withWriting(withConnection(drop)))
    .option('--schemas <list>', 'schemas to empty, comma separated (default: that of the connection)')
    .option('--keep-history', 'leave the history tables', false)
    .option('--yes', 'do not ask', false)
    .action(act(async (context, options: DropAllFlags) => (await import('./db/commands.ts')).dbDropAll(context, options)))
  withExamples(drop, '--dry-run', '--yes')
}

function withSchemas(command: Command): Command {
  return command
    .option('--schemas <list>', 'schemas to read, comma separated (default: that of the connection, without its name)')
    .option('--all-schemas', 'every schema but the system’s', false)
    .option('--no-grants', 'leave grants out')
    .option('--with-owners', 'read owners too (PostgreSQL)', false)
}

function withFilters(command: Command): Command {
  return command
    .option('--types <list>', 'only these kinds of objects, comma separated')
    .option('--exclude-types <list>', 'all but these kinds')
    .option('--include <pattern>', 'only objects or tables with such a name; * and ? (repeatable)', collect, [])
    .option('--exclude <pattern>', 'none with such a name (repeatable)', collect, [])
}

function withReference(command: Command): Command {
  return command
    .requiredOption('--reference <url>', 'what it is compared with: a database URL or a snapshot file')
    .option('--reference-user <user>', 'user there (default: $SLUICE_DB_REFERENCE_USER, else --user)')
    .option(
      '--reference-password-file <file>',
      'file with the password there (default: $SLUICE_DB_REFERENCE_PASSWORD, else as the target’s)',
    )
}

function withChangelogOutput(command: Command, what: string): Command {
  return command
    .option('--output <file>', `${what} (default: print)`)
    .addOption(
      new Option('--format <format>', 'format (default: as the file’s name ends, else sql)').choices([
        'sql',
        'yaml',
        'json',
        'xml',
      ]),
    )
    .option('--author <name>', 'author of the changesets (default: who runs this)')
    .option('--overwrite', 'replace the file', false)
}
