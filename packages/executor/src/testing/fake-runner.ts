import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DummyBehaviour } from '../dummy-executor.ts'

// A runner that does what its task's field `dummy` says: the process executor's counterpart of the dummy executor.

const folder = process.env['SLUICE_ATTEMPT_DIR'] ?? ''
const { dummy = {} } = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as { dummy?: DummyBehaviour }

if (dummy.permitOpen === true) writeFileSync(join(folder, 'permits.json'), '{"open":["stp_1"]}')
process.on('SIGTERM', () => {
  if (dummy.stubborn !== true) process.kill(process.pid, 'SIGKILL')
})
process.stdout.write('x'.repeat(dummy.logBytes ?? 0))
const values = JSON.parse(readFileSync(3, 'utf8')) as Record<string, string>
writeFileSync(
  join(folder, 'received.json'),
  JSON.stringify(
    Object.fromEntries(Object.entries(values).map(([slot, text]) => [slot, Buffer.from(text, 'base64').toString()])),
  ),
)
setTimeout(() => process.exit(dummy.exitCode ?? 0), dummy.runMs ?? 600_000)
