import type { Diagnostic } from './diagnostic.ts'

/** The two parts around the first separator; the second is undefined where there is none. */
export function splitOnce(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator)
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)]
}

/** Percent-decodes, or undefined for a `%` without two hexadecimal digits behind it. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A problem of a database URL. No message may repeat the text, since it may hold a password. */
export function urlError(code: string, message: string, hint?: string): Diagnostic {
  return { severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) }
}

/** The same as a warning: the URL is used, but not everything in it. */
export function urlWarning(code: string, message: string, hint?: string): Diagnostic {
  return { ...urlError(code, message, hint), severity: 'warning' }
}

/** What is said of a `%` that is no escape. */
export function badEncoding(): Diagnostic {
  return urlError(
    'DATABASE_URL_ENCODING',
    'The database URL has a % that is not followed by two hexadecimal digits.',
    'Write a literal % as %25; better, keep the password out of the URL.',
  )
}

/** Quotes a name or value from a URL if it cannot well be a piece of a password: short, letters only; else nothing. */
export function quoteWord(text: string): string {
  return /^[a-z][a-z_.-]{0,39}$/i.test(text) ? ` "${text}"` : ''
}
