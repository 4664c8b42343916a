import type { HostCommand } from '../plan.ts'
import type { WriteSession } from './write-session.ts'

/** Servers close connections that are silent for long. */
const keepaliveMs = 60_000

/** What the command printed becomes a notice. The connection says something meanwhile, so that the server keeps it. */
export async function runCommand(
  { database, signal, onEvent }: WriteSession,
  command: HostCommand,
): Promise<{ readonly rows: undefined }> {
  let asked: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    asked = asked.then(() => database.query('SELECT 1')).catch(() => {})
  }, keepaliveMs)
  try {
    // Loaded where it is used: hardly any changelog runs commands, and processes are a library that every start would wait for.
    const { runHostCommand } = await import('./host-command.ts')
    const output = await runHostCommand(command, signal)
    if (output !== '') onEvent?.({ type: 'notice', severity: 'OUTPUT', message: output })
  } finally {
    clearInterval(timer)
    await asked
  }
  return { rows: undefined }
}
