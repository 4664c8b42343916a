import { createHash } from 'node:crypto'

/** What is stored of a token: its SHA-256 in hex. Tokens are 256 random bits, so a plain hash is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
