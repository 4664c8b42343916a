import { z } from 'zod'
import { endpoint } from '../endpoint.ts'

/**
 * What the runner says to prove that it holds the ticket, and by that binds its key to it: base64url of HMAC-SHA-256 with the ticket's
 * bytes over this text.
 */
export function ticketText(attemptId: string, publicKey: string): string {
  return `sluice-ticket:v1:${attemptId}:${publicKey}`
}

/** `purpose` of the sealed message's context (`sealToKey` of @sluice/sealing); `aad` is the attempt's id as UTF-8. */
export const runtimeSecretsPurpose = 'runtime-secrets'

/** Calls that the delegate's relay answers itself: they never reach the control plane. */
export const relayEndpoints = {
  /**
   * Runtime mode: trades the attempt's one-use ticket for its values. The same public key again gets the same answer (a lost reply)
   * until the ticket runs out; another key is 409 `TICKET_USED`, a wrong proof 403 `TICKET_REFUSED`, a late one 410 `TICKET_EXPIRED`.
   */
  secrets: endpoint('relay.secrets', {
    method: 'POST',
    path: '/api/delegate/v1/attempts/{attemptId}/secrets',
    access: 'attempt',
    summary: 'Trade the one-use ticket for the secret values, sealed to the runner’s key.',
    params: z.object({ attemptId: z.string() }),
    body: z.object({
      /** X25519, raw 32 bytes as base64url. */
      publicKey: z.string().min(40).max(64),
      proof: z.string().min(40).max(64),
    }),
    reply: z.object({
      /** A sealed message whose plaintext is JSON `{slot: base64}`. */
      sealed: z.record(z.string(), z.unknown()),
    }),
  }),
} as const
