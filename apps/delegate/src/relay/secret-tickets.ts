import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError, type Clock, createToken } from '@sluice/base'
import { runtimeSecretsPurpose, ticketText } from '@sluice/contract'
import type { SlotValues, TicketBox } from '@sluice/executor'
import { type SealedMessage, sealToKey } from '@sluice/sealing'

/** Values of attempts in mode `runtime`, in this process's memory until their runner has fetched them. */
export interface SecretTickets extends TicketBox {
  /**
   * Trades a ticket: the values, sealed to the runner's key. The same key again gets the same answer, until the time is over. Throws
   * `AppError`: `TICKET_REFUSED` (a wrong proof), `TICKET_USED` (another key), `TICKET_EXPIRED` (over, or never here).
   */
  trade(attemptId: string, publicKey: string, proof: string): Promise<SealedMessage>
}

/** What fits into one sealed message as base64. */
const valuesBytesMax = 640 * 1024

interface Kept {
  readonly ticket: string
  values: Map<string, Buffer> | undefined
  readonly until: number
  traded: { readonly publicKey: string; readonly answer: Promise<SealedMessage> } | undefined
  timer: ReturnType<typeof setTimeout>
}

export function createSecretTickets(clock: Clock): SecretTickets {
  const kept = new Map<string, Kept>()

  const forget = (attemptId: string): void => {
    const entry = kept.get(attemptId)
    if (entry === undefined) return
    clearTimeout(entry.timer)
    clear(entry)
    kept.delete(attemptId)
  }

  return {
    open(attemptId, values, lifeMs) {
      forget(attemptId)
      const bytes = [...values.values()].reduce((sum, { length }) => sum + length, 0)
      if (bytes > valuesBytesMax) {
        const message = `The secrets of the step group have ${bytes} bytes; at most ${valuesBytesMax} are handed over at once.`
        throw new AppError('limitExceeded', 'SECRETS_TOO_LARGE', message, { hint: 'Split the step group.' })
      }
      const ticket = createToken()
      const timer = setTimeout(() => {
        forget(attemptId)
      }, lifeMs)
      timer.unref()
      const copies = new Map([...values].map(([slot, value]) => [slot, Buffer.from(value)]))
      kept.set(attemptId, { ticket, values: copies, until: clock.monotonic() + lifeMs, traded: undefined, timer })
      return ticket
    },
    close: forget,
    async trade(attemptId, publicKey, proof) {
      const entry = kept.get(attemptId)
      if (entry === undefined || clock.monotonic() > entry.until) {
        throw new AppError('notFound', 'TICKET_EXPIRED', `There are no values for attempt "${attemptId}" here any more.`, {
          hint: 'The delegate was restarted before the runner had them, or the start took too long. The step group is placed again.',
        })
      }
      if (!isProof(entry.ticket, attemptId, publicKey, proof)) {
        throw new AppError('forbidden', 'TICKET_REFUSED', 'The proof does not fit the ticket of this attempt.')
      }
      if (entry.traded !== undefined && entry.traded.publicKey !== publicKey) {
        throw new AppError('conflict', 'TICKET_USED', 'The ticket of this attempt was used with another key.', {
          hint: 'If this runner did not use it, somebody else has read the ticket: look who can read Secrets in the namespace.',
        })
      }
      entry.traded ??= { publicKey, answer: seal(entry, attemptId, publicKey) }
      return entry.traded.answer
    },
  }
}

async function seal(entry: Kept, attemptId: string, publicKey: string): Promise<SealedMessage> {
  const message = encode(entry.values ?? new Map())
  try {
    return await sealToKey(publicKey, message, { purpose: runtimeSecretsPurpose, aad: Buffer.from(attemptId, 'utf8') })
  } catch (cause) {
    throw new AppError('invalid', 'TICKET_REFUSED', 'The public key is not one.', { cause })
  } finally {
    message.fill(0)
    // Sealed, they are only good for the runner.
    clear(entry)
  }
}

function clear(entry: Kept): void {
  for (const value of entry.values?.values() ?? []) value.fill(0)
  entry.values = undefined
}

/** JSON `{slot: base64}`. */
function encode(values: SlotValues): Buffer {
  return Buffer.from(
    JSON.stringify(Object.fromEntries([...values].map(([slot, value]) => [slot, Buffer.from(value).toString('base64')]))),
    'utf8',
  )
}

function isProof(ticket: string, attemptId: string, publicKey: string, proof: string): boolean {
  const wanted = createHmac('sha256', Buffer.from(ticket, 'utf8')).update(ticketText(attemptId, publicKey)).digest()
  const given = Buffer.from(proof, 'base64url')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
