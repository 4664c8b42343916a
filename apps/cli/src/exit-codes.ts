import type { AppError } from '@sluice/base'

/** What `sluice` ends with. Documented in `docs/cli.md`; scripts rely on these. */
export const exitCodes = {
  ok: 0,
  /** It ran and failed: a failed execution, a refused change. */
  failure: 1,
  /** The command line or a file given to it is wrong. */
  usage: 2,
  /** A check found something: pending changesets with `--exit-code`, a failed doctor. */
  checksFailed: 3,
  /** Server or database cannot be reached, or is busy. */
  unavailable: 4,
  /** Outcome unknown: a person has to resolve it. */
  unknown: 5,
  cancelled: 130,
} as const

/** The exit code for a failure of ours or of the server. */
export function exitCodeOf(error: AppError): number {
  switch (error.kind) {
    case 'invalid':
      return exitCodes.usage
    case 'unavailable':
    case 'timeout':
      return exitCodes.unavailable
    case 'canceled':
      return exitCodes.cancelled
    default:
      return exitCodes.failure
  }
}
