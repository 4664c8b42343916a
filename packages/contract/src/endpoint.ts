import type { z } from 'zod'

/** What a caller has to be. `public`: nobody in particular. The four roles include those before them. */
export type EndpointAccess = 'public' | 'viewer' | 'operator' | 'editor' | 'admin' | 'delegate' | 'attempt'

/**
 * One HTTP call as data: the server registers it, the client types it, OpenAPI lists it. `path` uses `{name}` for parameters.
 */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly access: EndpointAccess
  readonly summary: string
  /** Whether the call belongs to the Database DevOps module and is refused while `DBOPS_ENABLED` is off. */
  readonly module: boolean
  readonly params?: Params | undefined
  readonly query?: Query | undefined
  readonly body?: Body | undefined
  readonly reply: Reply
  /** Success status; 200 unless said. */
  readonly status: number
  /** `json` bodies, `stream` for server-sent events, `bytes` for raw logs. */
  readonly kind: 'json' | 'stream' | 'bytes'
  /** Whether the call changes one version of something, named by the header `If-Match`. */
  readonly ifMatch: boolean
  /** Groups calls in the rendered documentation. */
  readonly tag: string
}

type Init<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = Omit<
  Endpoint<P, Q, B, R>,
  'id' | 'module' | 'status' | 'kind' | 'ifMatch' | 'tag'
> &
  Partial<Pick<Endpoint, 'module' | 'status' | 'kind' | 'ifMatch'>>

/** A group of endpoints with their ids (`tag.name`) filled in. */
export function endpoint<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  id: string,
  init: Init<P, Q, B, R>,
): Endpoint<P, Q, B, R> {
  return { module: false, status: 200, kind: 'json', ifMatch: false, ...init, id, tag: id.slice(0, id.indexOf('.')) }
}
