import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { runtimeSecretsPurpose, ticketText } from '@sluice/contract'
import { sealToKey } from '@sluice/sealing'
import type { AttemptApi } from './attempt-api.ts'
import { tradeTicket } from './secret-ticket.ts'

const attemptId = 'att_1'
const ticket = () => Buffer.from('one-use ticket of 32 random bytes')

/** A relay that answers a ticket as the delegate's does. */
function fakeRelay(answer: (body: { publicKey: string; proof: string }) => Promise<object>): AttemptApi {
  return {
    sent: Promise.resolve(),
    client: undefined as never,
    insist: async (_, input) => ({ sealed: await answer(input.body as never) }) as never,
  }
}

const seal = (publicKey: string, aad = attemptId) =>
  sealToKey(publicKey, Buffer.from(JSON.stringify({ s1: Buffer.from('value').toString('base64') })), {
    purpose: runtimeSecretsPurpose,
    aad: Buffer.from(aad),
  })

describe('a ticket for secrets', () => {
  it('is proven without being shown, and its values open with the runner’s key alone', async () => {
    const relay = fakeRelay(({ publicKey, proof }) => {
      equal(proof, createHmac('sha256', ticket()).update(ticketText(attemptId, publicKey)).digest('base64url'))
      return seal(publicKey)
    })
    const bytes = ticket()
    const values = await tradeTicket(relay, attemptId, bytes, AbortSignal.timeout(5000))
    deepEqual(
      [...values].map(([slot, value]) => [slot, value.toString()]),
      [['s1', 'value']],
    )
    equal(
      bytes.every((byte) => byte === 0),
      true,
    )
  })

  it('gets no values that were made for another attempt', async () => {
    const relay = fakeRelay(({ publicKey }) => seal(publicKey, 'att_2'))
    await rejects(tradeTicket(relay, attemptId, ticket(), AbortSignal.timeout(5000)), { code: 'SEALED_MESSAGE_TAMPERED' })
    await rejects(
      tradeTicket(
        fakeRelay(() => Promise.resolve({ x: 1 })),
        attemptId,
        ticket(),
        AbortSignal.timeout(5000),
      ),
      {
        code: 'SEALED_MESSAGE_INVALID',
      },
    )
  })
})
