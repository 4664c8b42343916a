import { AppError } from '@sluice/base'
import { type IssueView, secretEndpoints } from '@sluice/contract'
import { listRecipients, lockEntity, writeAudit, writeSecretValue } from '@sluice/store'
import { canRead, describePlace } from '../access/caller.ts'
import type { App } from '../app-context.ts'
import { setEtag } from '../http/etag.ts'
import { checkInput } from '../http/input-issues.ts'
import { inputInvalid, registerEndpoint } from '../http/register-endpoint.ts'
import { checkWritable, requireVisible } from './entity-endpoints.ts'
import { placeOf } from './entity-place.ts'
import { toEntityView } from './entity-view.ts'
import { sealedRecord } from './sealed-record.ts'

/** Sealed values of secrets, and to whom to seal them. No plaintext can arrive here: the record's shape has no place for one. */
export function registerSecretEndpoints(app: App): void {
  const { store } = app.context

  registerEndpoint(app, secretEndpoints.setValue, async ({ params, query, body, caller, reply, requestId }) => {
    const key = { kind: 'secret', ...placeOf('secret', query), identifier: params.identifier }
    const { version, record } = body
    const row = await store.db.transaction().execute(async (trx) => {
      const stored = requireVisible(caller, key, await lockEntity(trx, key))
      checkWritable(caller, key)
      const { provider } = stored.body['spec'] as { provider: string }
      if (provider !== 'sealed') {
        throw new AppError(
          'failedPrecondition',
          'SECRET_NOT_SEALED',
          `The secret "${key.identifier}" lives in "${provider}", not here.`,
          {
            hint: 'Set its value there, or change its provider to "sealed".',
          },
        )
      }
      const recipients = checkRecord(record, { ...key, version })
      await writeSecretValue(trx, stored.id, { version, record, recipients })
      const { org, project, identifier: subject } = key
      const details = { version, recipients }
      await writeAudit(trx, { actor: caller.name, action: 'secret.setValue', subject, org, project, requestId, details })
      return stored
    })
    setEtag(reply, row.version)
    return toEntityView(store.db, 'secret', row)
  })

  registerEndpoint(app, secretEndpoints.recipients, async ({ query, caller }) => {
    const place = placeOf('secret', query)
    if (!canRead(caller, place)) {
      throw new AppError('forbidden', 'SCOPE_REFUSED', `"${caller.name}" may not look into ${describePlace(place)}.`)
    }
    const delegates = await listRecipients(store.db, place)
    return {
      items: delegates.map(({ name, key_id: keyId, seal_public_key: publicKey }) => ({
        keyId,
        publicKey,
        fingerprint: toFingerprint(keyId),
        delegateName: name,
      })),
    }
  })
}

/** A key id in groups of four, for people to compare. */
export function toFingerprint(keyId: string): string {
  return keyId.match(/.{1,4}/g)?.join('-') ?? keyId
}

/** The record's recipients. Throws with all problems when it is no sealed record, or one for another place. */
function checkRecord(record: unknown, wanted: { org: string; project: string; identifier: string; version: number }): string[] {
  const { value, issues } = checkInput('body', sealedRecord, record)
  const within = (issue: IssueView): IssueView => ({ ...issue, path: ['record', ...(issue.path ?? [])] })
  if (issues.length > 0) throw inputInvalid(issues.map(within), 'SEALED_SECRET_INVALID')
  const sealed = sealedRecord.parse(value)
  const places: [string, string | number, string | number][] = [
    ['scope.org', sealed.scope.org ?? '', wanted.org],
    ['scope.project', sealed.scope.project ?? '', wanted.project],
    ['secretId', sealed.secretId, wanted.identifier],
    ['version', sealed.version, wanted.version],
  ]
  const different = places.filter(([, sealedFor, stored]) => sealedFor !== stored)
  if (different.length > 0) {
    throw inputInvalid(
      different.map(([field, sealedFor, stored]) => ({
        path: ['record', ...field.split('.')],
        code: 'SEALED_FOR_ANOTHER_PLACE',
        message: `The value is sealed for ${field} "${String(sealedFor)}", but is to be stored for "${String(stored)}": it would never open.`,
        hint: 'Seal it again for this secret.',
      })),
      'SEALED_SECRET_INVALID',
    )
  }
  return sealed.recipients.map((recipient) => recipient.keyId)
}
