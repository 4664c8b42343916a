import { AppError } from '@sluice/base'
import type { Endpoint, IssueView } from '@sluice/contract'
import { readSettings, type Role, toStorable } from '@sluice/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { type Caller, hasRole } from '../access/caller.ts'
import type { App, AppContext } from '../app-context.ts'
import { HttpError } from './http-error.ts'
import { checkInput } from './input-issues.ts'

type Output<S> = S extends z.ZodType ? z.output<S> : never

/** One call, with its input checked. `Peer` is what the endpoint's authenticator found: a `Caller` for calls of people and programs. */
export interface Call<E extends Endpoint, Peer = Caller> {
  readonly params: Output<E['params']>
  readonly query: Output<E['query']>
  readonly body: Output<E['body']>
  readonly caller: Peer
  readonly requestId: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** The answer's body. A handler of a `stream` or `bytes` endpoint that has sent its own answer gives `reply`. */
export type Handler<E extends Endpoint, Peer = Caller> = (call: Call<E, Peer>) => Promise<z.input<E['reply']> | FastifyReply>

export interface EndpointOptions<Peer> {
  /**
   * Who calls, for `delegate`, `attempt` and `public` endpoints. It runs before the body is read and throws `unauthenticated`. Calls for a
   * role need none: they take an API key or a session.
   */
  readonly authenticate?: ((request: FastifyRequest) => Promise<Peer>) | undefined
  /** Largest body in bytes, where it differs from the 4 MiB of all others. */
  readonly bodyBytesMax?: number | undefined
}

const peers = new WeakMap<FastifyRequest, unknown>()

/**
 * Serves one endpoint of the contract. In this order: access, the module switch, the input with all of its problems at once, the
 * handler. Everything that goes wrong is thrown and becomes the one error shape.
 */
export function registerEndpoint<E extends Endpoint, Peer = Caller>(
  app: App,
  endpoint: E,
  handler: Handler<E, Peer>,
  options: EndpointOptions<Peer> = {},
): void {
  const { fastify, context } = app
  const { access } = endpoint
  fastify.route({
    method: endpoint.method,
    url: endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    ...(options.bodyBytesMax === undefined ? {} : { bodyLimit: options.bodyBytesMax }),
    // A HEAD route beside every GET would answer streams too.
    exposeHeadRoute: false,
    async onRequest(request) {
      peers.set(request, await authenticate(context, endpoint, options, request))
      if (endpoint.module) await checkModule(context)
    },
    async handler(request, reply) {
      const input = readInput(endpoint, request)
      const call = {
        ...input,
        caller: peers.get(request) as Peer,
        requestId: request.id,
        request,
        reply,
      } as Call<E, Peer>
      const answer = await handler(call)
      if (answer === reply || reply.sent) return reply
      if (context.checkReplies) checkReply(endpoint, answer)
      return reply.code(endpoint.status).header('cache-control', 'no-store').send(answer)
    },
  })
  registered(app).add(endpoint.id)
  if (access === 'delegate' || access === 'attempt') {
    if (options.authenticate === undefined)
      throw new Error(`The endpoint ${endpoint.id} has nothing to authenticate its callers.`)
  }
}

const registeredIds = new WeakMap<App['fastify'], Set<string>>()

/** Ids of the endpoints that an application serves: tests compare them with the contract. */
export function registered(app: Pick<App, 'fastify'>): Set<string> {
  const ids = registeredIds.get(app.fastify) ?? new Set()
  registeredIds.set(app.fastify, ids)
  return ids
}

async function authenticate<Peer>(
  context: AppContext,
  endpoint: Endpoint,
  options: EndpointOptions<Peer>,
  request: FastifyRequest,
): Promise<unknown> {
  if (options.authenticate !== undefined) return options.authenticate(request)
  const { access } = endpoint
  if (access === 'public' || access === 'delegate' || access === 'attempt') return undefined
  const caller = await context.authenticator.authenticate(request)
  requireRole(caller, access, 'This call')
  return caller
}

/** Throws `forbidden` when the caller's role is below what something needs. */
export function requireRole(caller: Caller, role: Role, what: string): void {
  if (hasRole(caller, role)) return
  throw new AppError('forbidden', 'ROLE_TOO_LOW', `${what} needs the role "${role}"; "${caller.name}" has "${caller.role}".`, {
    hint: 'Ask an administrator for an API key with that role.',
  })
}

/** Refuses while the account's module switch is off. */
export async function checkModule(context: Pick<AppContext, 'store'>): Promise<void> {
  const settings = await readSettings(context.store.db)
  if (settings.DBOPS_ENABLED) return
  throw new HttpError(
    412,
    'failedPrecondition',
    'MODULE_DISABLED',
    'The Database DevOps module is switched off for this account.',
    {
      hint: 'An administrator can switch it on: PATCH /api/v1/settings {"DBOPS_ENABLED": true}. Stored data is kept.',
    },
  )
}

function readInput(endpoint: Endpoint, request: FastifyRequest): { params: unknown; query: unknown; body: unknown } {
  const issues: IssueView[] = []
  // What a database or a process said may be any text, cut anywhere: the protocol's reports are kept as well as can be, never refused.
  const anyText = endpoint.access === 'attempt' || endpoint.access === 'delegate'
  const read = (part: 'params' | 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return part === 'body' && endpoint.kind === 'bytes' ? value : undefined
    const checked = checkInput(part, schema, value, { anyText })
    issues.push(...checked.issues)
    return checked.value
  }
  // What a database says of a failure is nobody's input: it is made storable instead of refused.
  const reported = endpoint.access === 'delegate' || endpoint.access === 'attempt'
  const input = {
    params: read('params', endpoint.params, request.params),
    query: read('query', endpoint.query, request.query),
    // No body at all means the empty object: calls whose fields are all optional need none.
    body: read('body', endpoint.body, reported ? toStorable(request.body ?? {}) : (request.body ?? {})),
  }
  if (issues.length > 0) throw inputInvalid(issues)
  return input
}

/** The error that carries all problems of an input. */
export function inputInvalid(issues: readonly IssueView[], code = 'INPUT_INVALID'): AppError {
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${String(issues.length - 1)} more)` : ''
  return new AppError('invalid', code, `${first?.message ?? 'The input is not valid.'}${more}`, {
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
    details: { issues },
  })
}

function checkReply(endpoint: Endpoint, answer: unknown): void {
  const result = endpoint.reply.safeParse(answer)
  if (!result.success) {
    throw new AppError('internal', 'REPLY_INVALID', `The answer of ${endpoint.id} is not what its schema says.`, {
      cause: result.error,
    })
  }
}
