import type { Kysely } from 'kysely'
import { toJson } from './json.ts'
import type { Database } from './schema.ts'

export interface AuditEntry {
  /** Name of the API key, or of the part of the system that acted. */
  readonly actor: string
  /** What was done, for example `connector.create`. */
  readonly action: string
  /** What it was done to, as its user knows it. */
  readonly subject: string
  readonly org?: string | undefined
  readonly project?: string | undefined
  readonly requestId?: string | undefined
  /** Never a secret, never a whole body. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** Adds a line to the audit log. Belongs into the transaction of what it tells of. */
export async function writeAudit(db: Kysely<Database>, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_events')
    .values({
      actor: entry.actor,
      action: entry.action,
      subject: entry.subject,
      org: entry.org ?? '',
      project: entry.project ?? '',
      request_id: entry.requestId ?? null,
      details: toJson(entry.details ?? {}),
    })
    .execute()
}
