import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { systemClock } from '@sluice/base'
import { runtimeSecretsPurpose, ticketText } from '@sluice/contract'
import { createKeyPair, openWithKey } from '@sluice/sealing'
import { createSecretTickets } from './secret-tickets.ts'

const values = new Map([['password', Buffer.from('pä"ss')]])
const proofOf = (ticket: string, attemptId: string, publicKey: string): string =>
  createHmac('sha256', Buffer.from(ticket)).update(ticketText(attemptId, publicKey)).digest('base64url')
const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted

describe('tickets for secret values', () => {
  it('give the values to one key, as often as it asks', async () => {
    const tickets = createSecretTickets(systemClock)
    const ticket = tickets.open('att_1', values, 60_000)
    const pair = await createKeyPair()
    const proof = proofOf(ticket, 'att_1', pair.publicKey)
    const sealed = await tickets.trade('att_1', pair.publicKey, proof)
    const opened = await openWithKey(sealed, pair, { purpose: runtimeSecretsPurpose, aad: Buffer.from('att_1') })
    deepEqual(JSON.parse(Buffer.from(opened).toString()), { password: Buffer.from('pä"ss').toString('base64') })
    deepEqual(await tickets.trade('att_1', pair.publicKey, proof), sealed)
    const other = await createKeyPair()
    await rejects(tickets.trade('att_1', other.publicKey, proofOf(ticket, 'att_1', other.publicKey)), code('TICKET_USED'))
  })

  it('refuse a proof by another ticket, another attempt and another time', async () => {
    const tickets = createSecretTickets(systemClock)
    const ticket = tickets.open('att_1', values, 60_000)
    const { publicKey } = await createKeyPair()
    await rejects(tickets.trade('att_1', publicKey, proofOf('wrong', 'att_1', publicKey)), code('TICKET_REFUSED'))
    await rejects(tickets.trade('att_1', publicKey, ''), code('TICKET_REFUSED'))
    await rejects(tickets.trade('att_2', publicKey, proofOf(ticket, 'att_2', publicKey)), code('TICKET_EXPIRED'))
    tickets.close('att_1')
    await rejects(tickets.trade('att_1', publicKey, proofOf(ticket, 'att_1', publicKey)), code('TICKET_EXPIRED'))
  })

  it('keep copies of their own, since the caller clears its values', async () => {
    const tickets = createSecretTickets(systemClock)
    const given = Buffer.from('secret')
    const ticket = tickets.open('att_1', new Map([['s', given]]), 60_000)
    given.fill(0)
    const pair = await createKeyPair()
    const sealed = await tickets.trade('att_1', pair.publicKey, proofOf(ticket, 'att_1', pair.publicKey))
    const opened = await openWithKey(sealed, pair, { purpose: runtimeSecretsPurpose, aad: Buffer.from('att_1') })
    equal(Buffer.from(opened).toString(), JSON.stringify({ s: Buffer.from('secret').toString('base64') }))
  })

  it('refuse more than fits into one message', () => {
    const large = new Map([['s', Buffer.alloc(700 * 1024)]])
    throws(() => createSecretTickets(systemClock).open('att_1', large, 1000), code('SECRETS_TOO_LARGE'))
  })
})
