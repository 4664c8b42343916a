import type { AppError } from '@sluice/base'

/**
 * How the process ends. `usage`: the configuration, policy or identity is wrong. `refused`: the control plane does not take this
 * delegate. A supervisor should start it again after `failure` only.
 */
export const exitCodes = { stopped: 0, failure: 1, usage: 2, refused: 3, inUse: 5, forced: 130 } as const

/** The exit code for what kept the delegate from starting. */
export function exitCodeOf(error: AppError): number {
  if (error.code === 'DATA_FOLDER_IN_USE' || error.code === 'RELAY_IN_USE') return exitCodes.inUse
  if (error.code.startsWith('PROTOCOL_')) return exitCodes.refused
  switch (error.kind) {
    case 'unauthenticated':
    case 'forbidden':
    case 'conflict':
      return exitCodes.refused
    case 'invalid':
    case 'failedPrecondition':
    case 'notFound':
      return exitCodes.usage
    default:
      return exitCodes.failure
  }
}
