import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AppError, toAppError } from '@sluice/base'
import { relayEndpoints } from '@sluice/contract'
import { type Refusal, dropRest } from './refuse.ts'
import type { RelayRoute } from './routes.ts'
import type { SecretTickets } from './secret-tickets.ts'

const statuses: Readonly<Record<string, Refusal['status']>> = {
  TICKET_EXPIRED: 410,
  TICKET_USED: 409,
  TICKET_REFUSED: 403,
}

/** Answers a runner that trades its ticket, or says with what to refuse it. */
export async function answerTicket(
  tickets: SecretTickets,
  { attemptId, bytesMax }: RelayRoute,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Refusal | undefined> {
  const text = await readBounded(request, bytesMax)
  const parsed = text === undefined ? undefined : relayEndpoints.secrets.body?.safeParse(parseJson(text))
  if (parsed?.success !== true) {
    dropRest(request, bytesMax)
    return { status: 400, kind: 'invalid', code: 'TICKET_REFUSED', message: 'The body is not a public key with its proof.' }
  }
  try {
    const sealed = await tickets.trade(attemptId, parsed.data.publicKey, parsed.data.proof)
    const body = JSON.stringify({ sealed })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
    return undefined
  } catch (error) {
    const { kind, code, message }: AppError = toAppError(error)
    return { status: statuses[code] ?? 503, kind, code, message }
  }
}

async function readBounded(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > bytesMax) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
