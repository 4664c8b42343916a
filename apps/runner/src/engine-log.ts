import type { ChangesetKey, EngineEvent, EngineFailure } from '@sluice/engine'

/** `path::id::author`, as Liquibase writes a changeset. */
export function changesetName(key: ChangesetKey): string {
  return `${key.path}::${key.id}::${key.author}`
}

/** What a person reading the log wants to know of an engine event; undefined for events that are not worth a line. */
export function describeEngineEvent(event: EngineEvent): string | undefined {
  switch (event.type) {
    case 'lockWaiting': {
      const holder = event.holder.lockedBy ?? event.holder.session?.applicationName ?? 'another session'
      return `Waiting for the changelog lock held by ${holder}${event.holder.since === undefined ? '' : ` since ${event.holder.since}`} (${seconds(event.waitedMs)} of at most ${seconds(event.boundMs)}).`
    }
    case 'lockTakenOver':
      return `Took over the changelog lock of ${event.from}, whose session is gone.`
    case 'lockAcquired':
    case 'lockReleased':
    case 'statementFinished':
    case 'sqlExecuted':
      return undefined
    case 'changesetStarted':
      return `[${String(event.position)}/${String(event.total)}] ${event.direction === 'apply' ? 'Applying' : 'Rolling back'} ${changesetName(event.changeset)}${event.transactional ? '' : ' (not in a transaction)'}`
    case 'statementStarted':
      return event.sql
        .trim()
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n')
    case 'changesetFinished':
      return `    ${resultWords[event.result]} in ${String(Math.round(event.durationMs))} ms${event.rows > 0 ? `, ${String(event.rows)} rows` : ''}.`
    case 'changesetFailed':
      return `    Failed after ${String(Math.round(event.durationMs))} ms: ${describeEngineFailure(event.error)}`
    case 'tagged':
      return `Tag "${event.tag}" set on ${changesetName(event.changeset)}.`
    case 'notice':
      return `    ${event.severity}: ${event.message}`
    case 'warning':
      return `Warning: ${event.message}`
  }
}

const resultWords = {
  executed: 'Done',
  reran: 'Run again',
  alreadyApplied: 'Found applied by another run',
  markedRan: 'Recorded without running',
  skipped: 'Skipped by its preconditions',
  failedIgnored: 'Failed, and ignored as its changelog says,',
  rolledBack: 'Rolled back',
  synced: 'Recorded without running',
} as const

/** A failure on as many lines as it has facts. */
export function describeEngineFailure(failure: EngineFailure): string {
  const place =
    failure.file === undefined ? '' : ` (${failure.file}${failure.line === undefined ? '' : `:${String(failure.line)}`})`
  const lines = [`${failure.message}${place}`]
  if (failure.detail !== undefined) lines.push(failure.detail)
  if (failure.hint !== undefined) lines.push(`Hint: ${failure.hint}`)
  return lines.join('\n    ')
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 1000))} s`
}
