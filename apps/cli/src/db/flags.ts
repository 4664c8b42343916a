import type { Command } from 'commander'
import { collect, collectChangesets, parseDuration, parseLimit } from '../option-values.ts'

/** Flags of every command that opens a database. */
export function withConnection(command: Command): Command {
  return command
    .requiredOption('--url <url>', 'database, as JDBC or native URL')
    .option('--user <user>', 'user (default: $SLUICE_DB_USER)')
    .option('--password-file <file>', 'file that holds the password (default: $SLUICE_DB_PASSWORD, else a prompt)')
    .option('--history-schema <schema>', 'schema of the history tables')
    .option('--history-table <table>', 'name of the history table')
    .option('--lock-table <table>', 'name of the lock table')
}

/** Flags of those that read a changelog. */
export function withChangelogFlags(command: Command): Command {
  return withConnection(command)
    .requiredOption('--changelog <file>', 'root changelog, from the search path')
    .option('--search-path <list>', 'folders and archives that changelog paths start at, comma separated', '.')
    .option('--contexts <list>', 'contexts to run, comma separated')
    .option('--labels <filter>', 'label filter expression')
    .option('--param <name=value>', 'changelog parameter (repeatable)', collect, [])
    .option('--allow-commands', 'let executeCommand changes run commands on this host', false)
}

/** Flags of those that take the lock. */
export function withWriting(command: Command): Command {
  return command
    .option('--lock-wait <duration>', 'how long to wait for the changelog lock (default: 5m)', parseDuration)
    .option('--lock-timeout <duration>', 'how long a statement may wait for a lock of somebody else', parseDuration)
    .option('--statement-timeout <duration>', 'how long a statement may run', parseDuration)
}

/** Shows the plan and stops. */
export function withDryRun(command: Command): Command {
  return command.option('--dry-run', 'show what would happen and change nothing', false)
}

/** How far through the changelog. */
export function withLimits(command: Command): Command {
  return command
    .option('--count <n>', 'at most this many changesets', parseLimit)
    .option('--to-tag <tag>', 'stop after the changeset that sets this tag')
    .option('--changeset <name>', 'only this one, as path::id::author (repeatable)', collectChangesets)
}

/** Examples under a command's help; `$ sluice db` and the connection are added to each. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const name = command.name()
  const lines = examples.map((example) =>
    `  $ sluice db ${name} --url jdbc:postgresql://localhost/shop --user shop ${example}`.trimEnd(),
  )
  return command.addHelpText('after', `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${lines.join('\n')}`)
}
