import { toAppError } from '@sluice/base'
import { HttpCallError } from '@sluice/client'

/** A failure as the error panel shows it. */
export interface ErrorText {
  readonly title: string
  readonly hint: string | undefined
  readonly code: string
  readonly requestId: string | undefined
  /** Input problems, one line each. */
  readonly issues: readonly string[]
}

/** What to tell a person about anything that was thrown. */
export function describeError(error: unknown): ErrorText {
  const { message, hint, code, details } = toAppError(error)
  const issues = Array.isArray(details?.['issues']) ? (details['issues'] as readonly IssueLike[]) : []
  return {
    title: message,
    hint,
    code,
    requestId: error instanceof HttpCallError ? error.requestId : undefined,
    issues: issues.map(describeIssue),
  }
}

interface IssueLike {
  readonly message?: string
  readonly hint?: string
  readonly line?: number
  readonly path?: readonly (string | number)[]
}

function describeIssue({ message, hint, line, path }: IssueLike): string {
  const place = line !== undefined ? `Line ${String(line)}: ` : path !== undefined && path.length > 0 ? `${path.join('.')}: ` : ''
  return `${place}${message ?? 'A problem without a message.'}${hint === undefined ? '' : ` ${hint}`}`
}

/** The session is over, or there is none. */
export function isUnauthenticated(error: unknown): boolean {
  return error instanceof HttpCallError && error.status === 401
}

/** Nothing answered, or something on the way says that the server does not: what a little patience may mend. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof HttpCallError && (error.status === 0 || [408, 429, 500, 502, 503, 504].includes(error.status))
}
