import type { AttemptEvent } from '@sluice/contract'
import type { AttemptEnd } from '@sluice/executor'

type GoneEvent = Extract<AttemptEvent, { type: 'attempt.gone' }>

const messageCharsMax = 8000

/** The report that a runner is gone without having completed. `tail` is masked already. */
export function goneEvent(end: AttemptEnd, tail: string): GoneEvent {
  const { reason, text } = describeEnd(end)
  return {
    type: 'attempt.gone',
    reason,
    message: clip(tail.trim() === '' ? text : `${text} It said last:\n${tail.trim()}`),
    exitCode: end.exitCode,
    signal: end.signal,
    ...(end.hint === undefined ? {} : { hint: end.hint }),
  }
}

/** The report of an attempt that never had a runner. */
export function notPlacedEvent(reason: 'placement' | 'secret' | 'policy', message: string): GoneEvent {
  return { type: 'attempt.gone', reason, message: clip(message), exitCode: null, signal: null }
}

export function clip(text: string): string {
  return text.length <= messageCharsMax ? text : `${text.slice(0, messageCharsMax - 1)}…`
}

function describeEnd(end: AttemptEnd): { reason: GoneEvent['reason']; text: string } {
  const plain = describePlain(end)
  return end.detail === undefined ? plain : { ...plain, text: end.detail }
}

function describePlain({ how, exitCode, signal }: AttemptEnd): { reason: GoneEvent['reason']; text: string } {
  if (how === 'notStarted') return { reason: 'placement', text: 'The runner was never started.' }
  if (how === 'missing') return { reason: 'missing', text: 'The runner is gone; nobody saw how it ended.' }
  if (how === 'killed')
    return { reason: 'killed', text: `The runner was ended by ${signal ?? 'a signal'} before it had completed.` }
  return { reason: 'exited', text: `The runner ended with exit code ${exitCode ?? '?'} before it had completed.` }
}
