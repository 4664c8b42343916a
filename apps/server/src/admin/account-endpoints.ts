import { AppError, createToken } from '@sluice/base'
import { operationEndpoints } from '@sluice/contract'
import {
  type AccountSettings,
  type ApiKey,
  deleteApiKey,
  getApiKey,
  insertApiKey,
  listApiKeys,
  readSettings,
  updateSettings,
  writeAudit,
} from '@sluice/store'
import { canWrite } from '../access/caller.ts'
import type { App } from '../app-context.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { notFound } from '../http/http-error.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { fromScope, requirePlace, scopeRefused, toScope } from './scope-view.ts'

const account = { org: '', project: '' }
const dayMs = 86_400_000

/** API keys and the account's settings. */
export function registerAccountEndpoints(app: App): void {
  const { store } = app.context

  registerEndpoint(app, operationEndpoints.createApiKey, async ({ body, caller, requestId }) => {
    const place = fromScope(body)
    await requirePlace(store.db, caller, place)
    const token = `slk_${createToken()}`
    const { name, role } = body
    const expiresAt = body.expiresInDays === undefined ? null : new Date(Date.now() + body.expiresInDays * dayMs)
    const row = await store.db.transaction().execute(async (trx) => {
      const made = await insertApiKey(trx, token, { name, role, ...place, createdBy: caller.name, expiresAt })
      const details = { role, id: made.id }
      await writeAudit(trx, { actor: caller.name, action: 'apiKey.create', subject: name, ...place, requestId, details })
      return made
    })
    return { ...toKeyView(row), key: token }
  })

  registerEndpoint(app, operationEndpoints.apiKeys, async ({ query, caller }) => {
    const [afterId] = decodeCursor(query.cursor, 1) ?? []
    const rows = await listApiKeys(store.db, caller.scope, { limit: query.limit + 1, afterId })
    return toPage(rows, query.limit, (row) => [row.id], rows.map(toKeyView))
  })

  registerEndpoint(app, operationEndpoints.removeApiKey, async ({ params, caller, requestId }) => {
    const row = await getApiKey(store.db, params.keyId)
    if (row === undefined || !canWrite(caller, row)) throw notFound('API key', params.keyId)
    if (!(await deleteApiKey(store.db, row.id))) {
      throw new AppError('failedPrecondition', 'LAST_ADMIN_KEY', `"${row.name}" is the last key that administers the account.`, {
        hint: 'Make another administrator key without an end first.',
      })
    }
    const { name: subject, org, project } = row
    await writeAudit(store.db, { actor: caller.name, action: 'apiKey.delete', subject, org, project, requestId })
    return {}
  })

  registerEndpoint(app, operationEndpoints.settings, () => readSettings(store.db))

  registerEndpoint(app, operationEndpoints.updateSettings, async ({ body, caller, requestId }) => {
    if (!canWrite(caller, account)) throw scopeRefused(caller, account)
    const changes = Object.fromEntries(
      Object.entries(body).filter(([, value]) => value !== undefined),
    ) as Partial<AccountSettings>
    return store.db.transaction().execute(async (trx) => {
      const settings = await updateSettings(trx, changes)
      await writeAudit(trx, { actor: caller.name, action: 'settings.update', subject: 'account', requestId, details: changes })
      return settings
    })
  })
}

function toKeyView(row: ApiKey) {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    scope: toScope(row),
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.toISOString() }),
  }
}
