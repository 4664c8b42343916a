import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache()

const { formatDiagnostic } = await import('@sluice/base')
const { readConfig } = await import('./config.ts')

// The bundle is dist/server.js with the web UI in dist/web; the source is apps/server/src/main.ts.
const bundled = import.meta.url.endsWith('/server.js')
const webDir = fileURLToPath(new URL(bundled ? './web' : '../../../dist/web', import.meta.url))
const { config, diagnostics } = readConfig(process.env, { webDir, cwd: process.cwd() })

if (config === undefined) {
  for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
  process.exitCode = 2
} else {
  const { createLogger } = await import('./logging.ts')
  const { createServer } = await import('./create-server.ts')
  const { AppError } = await import('@sluice/base')
  const logger = createLogger(config.logLevel)
  const server = createServer(config, { logger })
  let signals = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1
    // The second one is somebody who does not want to wait.
    if (signals > 1) process.exit(1)
    logger.info({ signal }, 'stopping')
    void server.stop()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  try {
    await server.start()
  } catch (error) {
    if (signals === 0) {
      logger.error({ error }, 'the control plane could not start')
      if (error instanceof AppError) process.stderr.write(`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`)
      process.exitCode = 1
    }
  }
}
