import { AppError } from '@sluice/base'
import { protocolVersions } from '@sluice/contract'
import type { AttemptFacts } from '@sluice/store'
import { HttpError } from '../http/http-error.ts'

/** The caller's attempt does not count any more, or never did under this epoch. */
export function fenced(attempt: Pick<AttemptFacts, 'attemptId' | 'state' | 'epoch' | 'fence'>): AppError {
  return new AppError('conflict', 'ATTEMPT_FENCED', `The attempt "${attempt.attemptId}" is not this caller's to go on with.`, {
    hint: 'Begin nothing further for it; what runs under a permit may come to its end and be reported.',
    details: { state: attempt.state, epoch: attempt.epoch, superseded: attempt.fence > attempt.epoch },
  })
}

/** The version that both sides speak. Throws 426 that says which side to upgrade. */
export function negotiateProtocol(theirs: { readonly min: number; readonly max: number }): number {
  const { min, max } = protocolVersions
  const version = Math.min(max, theirs.max)
  if (version >= min && version >= theirs.min) return version
  const isOld = theirs.max < min
  throw new HttpError(
    426,
    'failedPrecondition',
    'PROTOCOL_TOO_OLD',
    isOld
      ? `The delegate speaks protocol ${String(theirs.max)} at most; this control plane speaks ${String(min)} to ${String(max)}.`
      : `The delegate speaks protocol ${String(theirs.min)} at least; this control plane speaks ${String(max)} at most.`,
    {
      hint: isOld ? 'Upgrade the delegate.' : 'Upgrade the control plane.',
      details: { upgrade: isOld ? 'delegate' : 'server', min, max },
    },
  )
}
