import type { EngineEvent, OnEngineEvent } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { formatDuration } from '../output/table.ts'
import { changesetName } from './report-text.ts'

const repaintMs = 500

/**
 * Shows what a command does while it works. On a terminal one line that says where it is and for how long, replaced as it goes on and
 * gone at its end; on a pipe a line per changeset. Locks, notices and warnings are lines of their own on both.
 */
export async function withProgress<T>(context: CommandContext, run: (onEvent: OnEngineEvent) => Promise<T>): Promise<T> {
  using progress = openProgress(context)
  return await run(progress.onEvent)
}

interface ShownProgress extends Disposable {
  readonly onEvent: OnEngineEvent
}

function openProgress(context: CommandContext): ShownProgress {
  const { printer } = context
  let now: { readonly text: string; readonly since: number } | undefined
  let step = ''
  const paint = (): void => {
    if (now !== undefined) printer.status(`${now.text}${step}  ${formatDuration(performance.now() - now.since)}`)
  }
  const timer = printer.hasStatus ? setInterval(paint, repaintMs).unref() : undefined
  const begin = (text: string): void => {
    now = { text, since: performance.now() }
    step = ''
    if (printer.hasStatus) paint()
    else printer.progress(text)
  }
  const tell = (text: string): void => {
    printer.progress(text)
    if (printer.hasStatus) paint()
  }
  const onEvent = (event: EngineEvent): void => {
    switch (event.type) {
      case 'lockWaiting':
        return tell(
          `Waiting for the changelog lock of ${event.holder.lockedBy ?? event.holder.session?.applicationName ?? 'another session'} (${formatDuration(event.waitedMs)} of at most ${formatDuration(event.boundMs)}).`,
        )
      case 'lockTakenOver':
        return tell(`Took over the lock of ${event.from}, whose session is gone.`)
      case 'changesetStarted':
        return begin(
          `[${String(event.position)}/${String(event.total)}] ${event.direction === 'apply' ? 'applying' : 'rolling back'} ${changesetName(event.changeset)}`,
        )
      case 'statementStarted':
        step = event.of > 1 ? `, statement ${String(event.statement)} of ${String(event.of)}` : ''
        return
      case 'sqlExecuted':
        printer.status(`[${String(event.statement)}/${String(event.of)}] executed`)
        return undefined
      case 'changesetFailed':
        return tell(`    failed after ${formatDuration(event.durationMs)}`)
      case 'notice':
        return tell(`    ${event.severity}: ${event.message}`)
      case 'warning':
        return tell(`    warning: ${event.message}`)
      default:
        return undefined
    }
  }
  return {
    onEvent,
    [Symbol.dispose]: () => {
      clearInterval(timer)
      now = undefined
      printer.status(undefined)
    },
  }
}
