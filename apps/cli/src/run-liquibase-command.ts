import { AppError } from '@sluice/base'
import type { OutputStreams } from './output/printer.ts'

/** Runs one `sluice liquibase …` (`argv` is what follows) and returns its exit code. */
export async function runLiquibaseCommand(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  streams: OutputStreams,
): Promise<number> {
  const canceled = new AbortController()
  const onInterrupt = (): void => canceled.abort(new AppError('canceled', 'INTERRUPTED', 'Interrupted.'))
  process.once('SIGINT', onInterrupt)
  const { runLiquibase } = await import('./liquibase/run-liquibase.ts')
  return runLiquibase(argv, env, streams, canceled.signal).finally(() => process.off('SIGINT', onInterrupt))
}
