import { AppError } from '@sluice/base'
import type { DatabaseUrl } from '@sluice/base'

/** `connectTimeout` in milliseconds, as both Java drivers have it; 0 means none. */
export function readConnectTimeoutMs({ parameters }: DatabaseUrl): number | undefined {
  const timeoutMs = Number(parameters['connectTimeout'] ?? '')
  return Number.isFinite(timeoutMs) && timeoutMs > 0 ? Math.min(timeoutMs, 3_600_000) : undefined
}

/** Whether the server's public key may be asked for over a connection without TLS: only if the URL says so, as in Connector/J. */
export function mayFetchPublicKey({ parameters }: DatabaseUrl): boolean {
  return /^(?:true|yes|1)$/i.test(parameters['allowPublicKeyRetrieval'] ?? '')
}

/**
 * `sessionVariables` (`sql_mode='ANSI',foreign_key_checks=0`) as one SET statement; undefined when there are none. Values are SQL of the
 * connection's owner; more than assignments, and what would break the engine's transactions, is refused.
 *
 * Throws `DATABASE_URL_SESSION_VARIABLES`.
 */
export function sessionVariablesStatement({ parameters }: DatabaseUrl): string | undefined {
  const text = parameters['sessionVariables']?.trim() ?? ''
  if (text === '') return undefined
  const parts = splitAssignments(text)
  const isFine = parts?.every(
    (part) =>
      /^(?:@@?)?(?:session\s*\.?\s*)?[a-z_][\w.]*\s*:?=\s*\S/i.test(part) &&
      !/^(?:@@)?(?:session[\s.]+)?autocommit\b/i.test(part) &&
      !/^(?:@@)?global\b/i.test(part),
  )
  if (parts === undefined || isFine !== true)
    throw new AppError('invalid', 'DATABASE_URL_SESSION_VARIABLES', 'The sessionVariables of the database URL cannot be used.', {
      hint: 'Write name=value pairs with commas between; autocommit and global variables are not for a URL.',
    })
  return `SET ${parts.map((part) => (part.startsWith('@') || /^session\b/i.test(part) ? part : `SESSION ${part}`)).join(', ')}`
}

/** At commas and semicolons outside of quotes and parentheses; undefined when quotes or parentheses do not close. */
function splitAssignments(text: string): readonly string[] | undefined {
  const parts: string[] = []
  let depth = 0
  let quote: string | undefined
  let current = ''
  for (const character of text) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined
      current += character
    } else if ((character === ',' || character === ';') && depth === 0) {
      parts.push(current.trim())
      current = ''
    } else {
      if (character === "'" || character === '"' || character === '`') quote = character
      else if (character === '(') depth++
      else if (character === ')') depth--
      else if (character === '\\' || character === '#') return undefined
      current += character
    }
  }
  if (quote !== undefined || depth !== 0 || text.includes('--') || text.includes('/*')) return undefined
  return [...parts, current.trim()].filter((part) => part !== '')
}
