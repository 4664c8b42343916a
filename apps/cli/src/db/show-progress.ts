import type { EngineEvent, OnEngineEvent } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import { formatDuration } from '../output/table.ts'
import { changesetName } from './report-text.ts'

const repaintMs = 500
/** Lines for a pipe that come in faster than this are written together: each write costs as much as a small statement does. */
const gatherMs = 100

/**
 * Shows what a command does while it works. On a terminal one line that says where it is and for how long, replaced as it goes on and
 * gone at its end; on a pipe a line per changeset, at most a tenth of a second late. Locks, notices and warnings are lines of their own on both.
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
  const gathered: string[] = []
  let gatherTimer: NodeJS.Timeout | undefined
  let writtenAt = -Infinity
  const write = (): void => {
    clearTimeout(gatherTimer)
    gatherTimer = undefined
    if (gathered.length === 0) return
    printer.progress(gathered.splice(0).join('\n'))
    writtenAt = performance.now()
  }
  const begin = (text: string): void => {
    const since = performance.now()
    now = { text, since }
    step = ''
    if (printer.hasStatus) return paint()
    gathered.push(text)
    // By the clock as well: a database on this thread (SQLite) lets no timer through.
    if (since - writtenAt >= gatherMs) write()
    else gatherTimer ??= setTimeout(write, gatherMs).unref()
  }
  const tell = (text: string): void => {
    write()
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
      write()
      now = undefined
      printer.status(undefined)
    },
  }
}
