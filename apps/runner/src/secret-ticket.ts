import { createHmac } from 'node:crypto'
import { AppError } from '@sluice/base'
import { relayEndpoints, runtimeSecretsPurpose, ticketText } from '@sluice/contract'
import { createKeyPair, openWithKey, parseSealedMessage } from '@sluice/sealing'
import type { AttemptApi } from './attempt-api.ts'
import { decodeSlotValues, type SlotValues } from './slot-values.ts'

/**
 * Runtime mode: trades the attempt's one-use ticket for its values. They come sealed to a key that is made here and lives in this process
 * alone, so that nothing on the way or at rest can open them. Throws `HttpCallError` for a ticket that is used, late or wrong.
 */
export async function tradeTicket(api: AttemptApi, attemptId: string, ticket: Buffer, signal: AbortSignal): Promise<SlotValues> {
  const keyPair = await createKeyPair()
  const { publicKey } = keyPair
  const proof = createHmac('sha256', ticket).update(ticketText(attemptId, publicKey)).digest('base64url')
  ticket.fill(0)
  const reply = await api.insist(relayEndpoints.secrets, { params: { attemptId }, body: { publicKey, proof } }, signal)
  const { message } = parseSealedMessage(reply.sealed)
  if (message === undefined) {
    throw new AppError('internal', 'SEALED_MESSAGE_INVALID', 'The relay’s answer to the ticket is not a sealed message.')
  }
  const opened = await openWithKey(message, keyPair, { purpose: runtimeSecretsPurpose, aad: Buffer.from(attemptId) })
  return decodeSlotValues(Buffer.from(opened))
}
