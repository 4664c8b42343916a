import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const iterations = 4096

/**
 * What PostgreSQL stores for a password (`SCRAM-SHA-256$4096:salt$storedKey:serverKey`, RFC 5803), computed here so that the
 * password itself never reaches the server's input or log.
 */
export function createScramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const storedKey = createHash('sha256').update(createHmac('sha256', salted).update('Client Key').digest()).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

/** Whether a verifier made by `createScramVerifier` belongs to this password. */
export function matchesScramVerifier(password: string, verifier: string): boolean {
  const salt = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(verifier)?.[1]
  return salt !== undefined && createScramVerifier(password, Buffer.from(salt, 'base64')) === verifier
}
