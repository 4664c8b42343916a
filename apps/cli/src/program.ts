import type { OutputStreams } from './output/printer.ts'
import { addApiKeyCommands } from './program-api-key.ts'
import { addDatabaseCommands, findDatabaseGroup } from './program-db.ts'
import { addDelegateCommands } from './program-delegate.ts'
import { addExecutionCommands } from './program-execution.ts'
import { addEntityCommands } from './program-entity.ts'
import { processStreams, runCommandLine } from './run-command-line.ts'
import { runLiquibaseCommand } from './run-liquibase-command.ts'

/** Runs any command line (without node and script) and returns its exit code. */
export async function runProgram(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  streams: OutputStreams = processStreams,
): Promise<number> {
  if (argv[0] === 'liquibase') return runLiquibaseCommand(argv.slice(1), env, streams)
  const addCommands: Parameters<typeof runCommandLine>[1] = (program, act) => {
    const group = findDatabaseGroup(argv)
    if (group !== undefined) return addDatabaseCommands(program, act, group)
    addEntityCommands(program, act)
    addApiKeyCommands(program, act)
    addExecutionCommands(program, act)
    addDelegateCommands(program, act)
    addDatabaseCommands(program, act)
    // Only its line in the help: the command line behind it is Liquibase's own.
    program.command('liquibase').description('Liquibase’s own command line: update, update-sql, rollback, … (docs/liquibase.md)')
  }
  return runCommandLine(argv, addCommands, env, streams)
}
