import { HttpCallError, readEventStream } from '@sluice/client'
import { executionEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'

/** Prints a log line by line as it grows, until it is sealed; goes on at the exact byte after a lost connection. */
export async function followLog(
  context: CommandContext,
  executionId: string,
  stream: string,
  onLine: (line: string) => void,
): Promise<void> {
  const { signal } = context
  let offset = 0
  let rest = ''
  for (let failures = 0; !signal.aborted && failures < 60;) {
    try {
      const response = await context
        .client()
        .raw(executionEndpoints.logStream, { params: { executionId, stream }, query: { offset }, signal })
      for await (const event of readEventStream(response)) {
        failures = 0
        if (event.event === 'end') {
          if (rest !== '') onLine(rest)
          return
        }
        if (event.event !== 'log') continue
        const lines = (rest + (JSON.parse(event.data) as { text: string }).text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) onLine(line)
        if (event.id !== undefined) offset = Number(event.id)
      }
    } catch (error) {
      if (signal.aborted) return
      // A step that never wrote has no log; anything else may be a server that is restarting.
      if (error instanceof HttpCallError && error.status === 404 && failures > 3) return
    }
    failures++
    await new Promise((resolve) => setTimeout(resolve, Math.min(2000, 100 * failures)))
  }
}
