import { idSuffix } from '@sluice/base'

/**
 * The application name of a step's database sessions: `sluice:<instance>:<epoch>:<attempt>`, cut to what PostgreSQL keeps (63 bytes).
 * By it an inspection finds sessions that a lost runner left, and a database's own tools show who is there.
 */
export function sessionName(dbInstance: string, epoch: number, attemptId: string): string {
  return `sluice:${dbInstance.slice(0, 22)}:${String(epoch)}:${idSuffix(attemptId)}`
}
