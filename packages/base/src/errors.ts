/**
 * Why a call failed, from a closed list. The kind alone decides HTTP status, CLI exit code and whether a retry makes sense.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'failedPrecondition'
  | 'limitExceeded'
  | 'unavailable'
  | 'timeout'
  | 'canceled'
  | 'internal'

export const errorKinds: readonly ErrorKind[] = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'notFound',
  'conflict',
  'failedPrecondition',
  'limitExceeded',
  'unavailable',
  'timeout',
  'canceled',
  'internal',
]

export interface AppErrorInit {
  /** What the reader can do next, as one sentence. */
  readonly hint?: string
  /** Machine-readable facts about this failure; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/**
 * A failure of ours, thrown. Input problems are not thrown: they are `Diagnostic` values, all of them at once.
 *
 * `code` is specific and stable (`CHANGELOG_CHECKSUM_MISMATCH`); `message` says what happened to which thing.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly kind: ErrorKind
  readonly code: string
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(kind: ErrorKind, code: string, message: string, init: AppErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.kind = kind
    this.code = code
    this.hint = init.hint
    this.details = init.details ?? {}
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return this.kind === 'unavailable' || this.kind === 'timeout'
  }
}

/** Wraps anything thrown into an `AppError`, keeping the original as its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new AppError('internal', 'INTERNAL', message, { cause: error })
}

/** Throws an internal error when a condition that our own code guarantees does not hold. Never used for input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AppError('internal', 'INVARIANT', message)
}

/** Marks the branch that the type system says cannot be reached. */
export function assertNever(value: never): never {
  throw new AppError('internal', 'INVARIANT', `Unexpected value ${JSON.stringify(value)}.`)
}
