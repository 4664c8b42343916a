import { kindsOfWork, noteKindOfWork } from '@sluice/code-cache'
import { endWithReader } from './end-with-reader.ts'
import { addDatabaseCommands, findDatabaseGroup } from './program-db.ts'
import { processStreams, runCommandLine } from './run-command-line.ts'
import { runLiquibaseCommand } from './run-liquibase-command.ts'

// `sluice db …` and `sluice liquibase …` in a bundle of their own, which starts with the compiled code of earlier runs.
export { kindsOfWork }
export const done = main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<void> {
  endWithReader()
  const [group, command = ''] = argv
  process.exitCode =
    group === 'liquibase'
      ? await runLiquibaseCommand(argv.slice(1), process.env, processStreams)
      : await runCommandLine(argv, addCommands, process.env, processStreams)
  // A help text has run nothing of its command.
  if (findDatabaseGroup(argv) !== undefined && !argv.includes('--help') && !argv.includes('-h')) noteKindOfWork(command)
}

function addCommands(...[program, act]: Parameters<Parameters<typeof runCommandLine>[1]>): void {
  addDatabaseCommands(program, act, findDatabaseGroup(process.argv.slice(2)))
}
