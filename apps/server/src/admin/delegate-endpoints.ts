import { AppError, createToken } from '@sluice/base'
import { operationEndpoints } from '@sluice/contract'
import {
  deleteDelegate,
  deleteEnrolmentToken,
  type DelegateDetails,
  type EnrolmentToken,
  getDelegate,
  getEnrolmentToken,
  insertEnrolmentToken,
  listDelegates,
  listEnrolmentTokens,
  notify,
  updateDelegate,
  writeAudit,
} from '@sluice/store'
import { type Caller, canRead, canWrite } from '../access/caller.ts'
import type { App } from '../app-context.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { notFound } from '../http/http-error.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { toDelegateView } from './delegate-view.ts'
import { fromScope, requirePlace, scopeRefused, toScope } from './scope-view.ts'

/** Delegates, and the tokens they enrol with. */
export function registerDelegateEndpoints(app: App): void {
  const { store, timings, instances: memory } = app.context

  registerEndpoint(app, operationEndpoints.delegates, async ({ query, caller }) => {
    const [afterId] = decodeCursor(query.cursor, 1) ?? []
    const rows = await listDelegates(store.db, caller.scope, { limit: query.limit + 1, afterId })
    const views = rows.map((row) => toDelegateView(row, timings))
    return toPage(rows, query.limit, ({ delegate }) => [delegate.id], views)
  })

  registerEndpoint(app, operationEndpoints.delegate, async ({ params, caller }) =>
    toDelegateView(await requireDelegate(caller, params.delegateId), timings),
  )

  registerEndpoint(app, operationEndpoints.updateDelegate, async ({ params, body, caller, requestId }) => {
    const { delegate, instances } = await requireDelegate(caller, params.delegateId)
    if (!canWrite(caller, delegate)) throw scopeRefused(caller, delegate)
    await store.db.transaction().execute(async (trx) => {
      await updateDelegate(trx, delegate.id, body)
      const { name: subject, org, project } = delegate
      await writeAudit(trx, { actor: caller.name, action: 'delegate.update', subject, org, project, requestId, details: body })
    })
    await announce(instances)
    return toDelegateView(await requireDelegate(caller, delegate.id), timings)
  })

  registerEndpoint(app, operationEndpoints.removeDelegate, async ({ params, caller, requestId }) => {
    const details = await requireDelegate(caller, params.delegateId)
    const { delegate, instances } = details
    if (!canWrite(caller, delegate)) throw scopeRefused(caller, delegate)
    const { health } = toDelegateView(details, timings)
    if (health === 'connected' || health === 'late') {
      throw new AppError('failedPrecondition', 'DELEGATE_CONNECTED', `The delegate "${delegate.name}" is connected.`, {
        hint: 'Stop it or revoke it first.',
      })
    }
    if (instances.some((instance) => instance.attempts.length > 0)) {
      throw new AppError('failedPrecondition', 'DELEGATE_BUSY', `The delegate "${delegate.name}" still holds attempts.`, {
        hint: 'Wait until they have ended, or cancel their executions.',
      })
    }
    await store.db.transaction().execute(async (trx) => {
      await deleteDelegate(trx, delegate.id)
      const { name: subject, org, project } = delegate
      await writeAudit(trx, { actor: caller.name, action: 'delegate.delete', subject, org, project, requestId })
    })
    await announce(instances)
    return {}
  })

  registerEndpoint(app, operationEndpoints.createToken, async ({ body, caller, requestId }) => {
    const place = fromScope(body)
    await requirePlace(store.db, caller, place)
    const token = `sle_${createToken()}`
    const row = await store.db.transaction().execute(async (trx) => {
      const { uses, approve } = body
      const lifeMs = body.expiresInHours * 3_600_000
      const made = await insertEnrolmentToken(trx, token, { ...place, uses, approve, createdBy: caller.name, lifeMs })
      const details = { uses, approve }
      await writeAudit(trx, {
        actor: caller.name,
        action: 'delegateToken.create',
        subject: made.id,
        ...place,
        requestId,
        details,
      })
      return made
    })
    return { ...toTokenView(row), token }
  })

  registerEndpoint(app, operationEndpoints.tokens, async ({ query, caller }) => {
    const [afterId] = decodeCursor(query.cursor, 1) ?? []
    const rows = await listEnrolmentTokens(store.db, caller.scope, { limit: query.limit + 1, afterId })
    return toPage(rows, query.limit, (row) => [row.id], rows.map(toTokenView))
  })

  registerEndpoint(app, operationEndpoints.removeToken, async ({ params, caller, requestId }) => {
    const row = await getEnrolmentToken(store.db, params.tokenId)
    if (row === undefined || !canWrite(caller, row)) throw notFound('enrolment token', params.tokenId)
    await store.db.transaction().execute(async (trx) => {
      await deleteEnrolmentToken(trx, row.id)
      const { org, project } = row
      await writeAudit(trx, { actor: caller.name, action: 'delegateToken.delete', subject: row.id, org, project, requestId })
    })
    return {}
  })

  /** Waiting polls look again, here and at the other servers. */
  const announce = async (instances: DelegateDetails['instances']): Promise<void> => {
    for (const { id } of instances) {
      memory.forget(id)
      await notify(store.pool, 'sluice_task', `instance:${id}`)
    }
  }
  const requireDelegate = async (caller: Caller, id: string): Promise<DelegateDetails> => {
    const details = await getDelegate(store.db, id)
    if (details === undefined || !canRead(caller, details.delegate)) throw notFound('delegate', id)
    return details
  }
}

function toTokenView(row: EnrolmentToken) {
  return {
    id: row.id,
    scope: toScope(row),
    expiresAt: row.expires_at.toISOString(),
    usesLeft: row.uses_left,
    approve: row.approve,
    createdAt: row.created_at.toISOString(),
  }
}
