import { type Command, Option } from 'commander'
import type { Act } from './act.ts'
import type { ChangelogOptions, ConnectionOptions, DryRunOptions, WritingOptions } from './db/db-options.ts'
import { withChangelogFlags, withConnection, withDryRun, withExamples, withWriting } from './db/flags.ts'
import type { ResolvePartialFlags } from './db/resolve-partial.ts'
import type { StatusFlags } from './db/status.ts'
import { parseChangesetName, parseCount } from './option-values.ts'
import type { CommandGroup } from './program-db.ts'

const changelogFlag = '--changelog db/changelog.yaml'

/** Commands around the history: what is in it, its tags, its checksums and its lock. */
export const historyGroups: readonly CommandGroup[] = [
  { names: ['status', 'validate', 'history', 'unexpected', 'unexpected-changesets'], add: addReading },
  { names: ['tag', 'tag-exists'], add: addTags },
  { names: ['clear-checksums', 'checksum', 'calculate-checksum'], add: addChecksums },
  { names: ['resolve-partial'], add: addPartials },
  { names: ['locks', 'list-locks', 'unlock', 'release-locks'], add: addLocks },
]

function addReading(db: Command, act: Act): void {
  const status = db.command('status').description('what is pending, what is unexpected')
  withChangelogFlags(status)
    .option('--verbose', 'also what is left out, and why; all names', false)
    .option('--exit-code', 'exit with 3 when changesets are pending', false)
    .action(act(async (context, options: StatusFlags) => (await import('./db/commands.ts')).dbStatus(context, options)))
  withExamples(status, changelogFlag, `${changelogFlag} --exit-code`)

  const validate = db.command('validate').description('every problem of the changelog, its SQL and what ran of it')
  withChangelogFlags(validate).action(
    act(async (context, options: ConnectionOptions & ChangelogOptions) =>
      (await import('./db/commands.ts')).dbValidate(context, options),
    ),
  )
  withExamples(validate, changelogFlag)

  const history = db.command('history').description('what ran, oldest first')
  withConnection(history)
    .option('--limit <n>', 'only the newest', parseCount)
    .action(
      act(async (context, options: ConnectionOptions & { limit?: number }) =>
        (await import('./db/commands.ts')).dbHistory(context, options),
      ),
    )
  withExamples(history, '--limit 20')

  const unexpected = db
    .command('unexpected')
    .alias('unexpected-changesets')
    .description('rows of the history that the changelog does not have')
  withChangelogFlags(unexpected)
    .option('--exit-code', 'exit with 3 when there are any', false)
    .action(
      act(async (context, options: ConnectionOptions & ChangelogOptions & { exitCode: boolean }) =>
        (await import('./db/commands.ts')).dbUnexpected(context, options),
      ),
    )
  withExamples(unexpected, changelogFlag)
}

function addTags(db: Command, act: Act): void {
  const tag = db.command('tag').description('set a tag on the last row of the history').argument('<tag>', 'the tag')
  withWriting(withConnection(tag)).action(
    act(async (context, name: string, options: ConnectionOptions & WritingOptions) =>
      (await import('./db/commands.ts')).dbTag(context, name, options),
    ),
  )
  withExamples(tag, 'v1.4')

  const exists = db
    .command('tag-exists')
    .description('whether a row of the history carries a tag; exits with 3 when none does')
    .argument('<tag>', 'the tag')
  withConnection(exists).action(
    act(async (context, name: string, options: ConnectionOptions) =>
      (await import('./db/commands.ts')).dbTagExists(context, name, options),
    ),
  )
  withExamples(exists, 'v1.4')
}

function addChecksums(db: Command, act: Act): void {
  const clear = db
    .command('clear-checksums')
    .description('forget all checksums: the next apply takes the changelog of then for what ran')
  withDryRun(withWriting(withConnection(clear))).action(
    act(async (context, options: ConnectionOptions & WritingOptions & DryRunOptions) =>
      (await import('./db/commands.ts')).dbClearChecksums(context, options),
    ),
  )
  withExamples(clear, '--dry-run')

  const checksum = db
    .command('checksum')
    .alias('calculate-checksum')
    .description('the checksum of one changeset, and the one in the history')
    .argument('<changeset>', 'as path::id::author', parseChangesetName)
  withChangelogFlags(checksum).action(
    act(async (context, key: ReturnType<typeof parseChangesetName>, options: ConnectionOptions & ChangelogOptions) =>
      (await import('./db/commands.ts')).dbChecksum(context, key, options),
    ),
  )
  withExamples(checksum, `${changelogFlag} db/shop.sql::7::alice`)
}

function addPartials(db: Command, act: Act): void {
  const resolve = db
    .command('resolve-partial')
    .description('say what became of a changeset that an interrupted run left half-done, after finishing or undoing it by hand')
  withDryRun(withWriting(withChangelogFlags(resolve)))
    .requiredOption('--changeset <name>', 'which one, as path::id::author', parseChangesetName)
    .addOption(
      new Option('--as <what>', 'done: all that it was to do is there (or, of a rollback, gone); undone: nothing of it is')
        .choices(['done', 'undone'])
        .makeOptionMandatory(),
    )
    .action(
      act(async (context, options: ResolvePartialFlags) => (await import('./db/commands.ts')).dbResolvePartial(context, options)),
    )
  withExamples(resolve, `${changelogFlag} --changeset db/shop.sql::7::alice --as done`)
}

function addLocks(db: Command, act: Act): void {
  const locks = db.command('locks').alias('list-locks').description('who holds the changelog lock')
  withConnection(locks).action(
    act(async (context, options: ConnectionOptions) => (await import('./db/commands.ts')).dbLocks(context, options)),
  )
  withExamples(locks, '')

  const unlock = db.command('unlock').alias('release-locks').description('free the changelog lock that a killed run left')
  withConnection(unlock)
    .option('--yes', 'do not ask before freeing that of a Liquibase, which may be alive', false)
    .option('--force', 'the same as --yes', false)
    .action(
      act(async (context, options: ConnectionOptions & { force: boolean; yes: boolean }) =>
        (await import('./db/commands.ts')).dbUnlock(context, options),
      ),
    )
  withExamples(unlock, '')
}
