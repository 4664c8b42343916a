import { systemClock } from '@sluice/base'
import { readConfig } from '../config.ts'
import { createDelegate } from '../create-delegate.ts'
import { createLogMasks } from '../log-masks.ts'
import { createLogger } from '../logging.ts'

// A delegate in a process of its own that kills itself, as with SIGKILL, at the point that SLUICE_TEST_KILL_AT names.

const killAt = process.env['SLUICE_TEST_KILL_AT']
const masks = createLogMasks()
const { config, diagnostics } = readConfig(process.env, { cwd: process.cwd(), runnerEntry: '' })
if (config === undefined) throw new Error(JSON.stringify(diagnostics))
const delegate = createDelegate(config, {
  logger: createLogger(config.logLevel, masks),
  masks,
  environment: process.env,
  clock: systemClock,
  at: (point) => {
    if (point !== killAt) return
    process.kill(process.pid, 'SIGKILL')
    // The signal may come a moment later: nothing more may happen here.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },
})
await delegate.start()
