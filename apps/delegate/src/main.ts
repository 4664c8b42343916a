import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatDiagnostic, toAppError } from '@sluice/base'
import { readConfig } from './config.ts'
import { createDelegate } from './create-delegate.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { createLogMasks } from './log-masks.ts'
import { createLogger } from './logging.ts'

/** The runner beside this file when bundled, else in the source tree. */
function defaultRunnerEntry(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const bundled = join(here, 'runner.js')
  return existsSync(bundled) ? bundled : join(here, '..', '..', 'runner', 'src', 'main.ts')
}

async function main(): Promise<void> {
  process.umask(0o077)
  const { config, diagnostics } = readConfig(process.env, { cwd: process.cwd(), runnerEntry: defaultRunnerEntry() })
  for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
  if (config === undefined) {
    process.exitCode = exitCodes.usage
    return
  }
  // The token is used once; nothing that reads this process's environment later should find it there.
  delete process.env['SLUICE_DELEGATE_TOKEN']

  const masks = createLogMasks()
  const logger = createLogger(config.logLevel, masks)
  // A log reader that goes away is no reason to end.
  process.stdout.on('error', () => {})
  const delegate = createDelegate(config, { logger, masks, environment: process.env })

  let isStopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(exitCodes.forced)
    isStopping = true
    logger.info({ signal }, 'Draining; a second signal ends at once.')
    delegate.stop({ drain: true }).then(
      () => process.exit(exitCodes.stopped),
      (error: unknown) => {
        logger.error({ error }, 'Stopping failed.')
        process.exit(exitCodes.failure)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  try {
    await delegate.start()
  } catch (error) {
    if (isStopping) return
    const failure = toAppError(error)
    logger.error({ error: failure }, 'The delegate cannot start.')
    // Problems of a file say their code each.
    const code = failure.message.endsWith(`[${failure.code}]`) ? '' : ` [${failure.code}]`
    process.stderr.write(`${failure.message}${failure.hint === undefined ? '' : ` ${failure.hint}`}${code}\n`)
    process.exit(exitCodeOf(failure))
  }
}

await main()
