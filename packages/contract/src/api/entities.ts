import { z } from 'zod'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { entityKinds, entityView, type EntityKind } from '../entities/kinds.ts'
import { sealedValueInput } from '../entities/secret.ts'
import { identifier, scope } from '../identifiers.ts'
import { pageOf, pageQuery } from '../paging.ts'

const byIdentifier = z.object({ identifier })
const listQuery = z.object({
  ...pageQuery.shape,
  ...scope.shape,
  /** Text found in identifier or name. */
  search: z.string().max(128).optional(),
  /** `key` or `key:value`. */
  tag: z.string().max(257).optional(),
  /** Connectors only. */
  type: z.string().max(64).optional(),
  /** DB instances only: those of one DB schema. */
  dbSchema: z.string().max(128).optional(),
})

export interface EntityEndpoints {
  readonly list: Endpoint<z.ZodType, typeof listQuery, z.ZodType, ReturnType<typeof pageOf<typeof entityView>>>
  readonly create: Endpoint<z.ZodType, z.ZodType, z.ZodType, typeof entityView>
  readonly get: Endpoint<typeof byIdentifier, typeof scope, z.ZodType, typeof entityView>
  readonly update: Endpoint<typeof byIdentifier, typeof scope, z.ZodType, typeof entityView>
  readonly remove: Endpoint<typeof byIdentifier, typeof scope, z.ZodType, z.ZodObject>
}

function crud(kind: EntityKind): EntityEndpoints {
  const { path, schema, module } = entityKinds[kind]
  const base = `/api/v1/${path}`
  const write = kind === 'organization' || kind === 'project' || kind === 'secret' ? 'admin' : 'editor'
  return {
    list: endpoint(`${path}.list`, {
      method: 'GET',
      path: base,
      access: 'viewer',
      module,
      summary: `List ${path}.`,
      query: listQuery,
      reply: pageOf(entityView),
    }),
    create: endpoint(`${path}.create`, {
      method: 'POST',
      path: base,
      access: write,
      module,
      status: 201,
      summary: `Create one of the ${path}.`,
      body: schema,
      reply: entityView,
    }),
    get: endpoint(`${path}.get`, {
      method: 'GET',
      path: `${base}/{identifier}`,
      access: 'viewer',
      module,
      summary: `Read one of the ${path}.`,
      params: byIdentifier,
      query: scope,
      reply: entityView,
    }),
    update: endpoint(`${path}.update`, {
      method: 'PUT',
      path: `${base}/{identifier}`,
      access: write,
      module,
      ifMatch: true,
      summary: `Replace one of the ${path}; If-Match carries its version.`,
      params: byIdentifier,
      query: scope,
      body: schema,
      reply: entityView,
    }),
    remove: endpoint(`${path}.remove`, {
      method: 'DELETE',
      path: `${base}/{identifier}`,
      access: write,
      module,
      ifMatch: true,
      summary: `Delete one of the ${path}; If-Match carries its version. Refused while others refer to it.`,
      params: byIdentifier,
      query: scope,
      reply: z.object({}),
    }),
  }
}

/** Create, read, update and delete for every kind of entity, all of one shape. */
export const entityEndpoints: Readonly<Record<EntityKind, EntityEndpoints>> = {
  organization: crud('organization'),
  project: crud('project'),
  secret: crud('secret'),
  connector: crud('connector'),
  dbSchema: crud('dbSchema'),
  dbInstance: crud('dbInstance'),
  pipeline: crud('pipeline'),
}

const kinds = Object.keys(entityKinds) as [EntityKind, ...EntityKind[]]

/** Several entities as one change. */
export const entityBatchEndpoint = endpoint('entities.apply', {
  method: 'POST',
  path: '/api/v1/entities',
  access: 'editor',
  summary:
    'Create and update several entities as one change: all or none, with all problems at once. What is referred to may come later in the list.',
  body: z.object({
    entities: z
      .array(
        z.object({
          kind: z.enum(kinds),
          /** What a create or update of the kind takes. */
          value: z.record(z.string(), z.unknown()),
          /** The version that is changed; without it the entity is created. */
          version: z.number().int().optional(),
        }),
      )
      .min(1)
      .max(1000),
    /** Check everything, and change nothing. */
    dryRun: z.boolean().optional(),
  }),
  reply: z.object({ entities: z.array(entityView) }),
})

/** A delegate's sealing key, as a recipient of secrets. */
export const recipientView = z.object({
  keyId: z.string(),
  /** X25519 public key, raw 32 bytes as base64url. */
  publicKey: z.string(),
  /** What `sluice delegate fingerprint` prints on the customer's side. */
  fingerprint: z.string(),
  delegateName: z.string(),
})

export const secretEndpoints = {
  setValue: endpoint('secrets.setValue', {
    method: 'PUT',
    path: '/api/v1/secrets/{identifier}/value',
    access: 'editor',
    summary: 'Store a sealed value. The control plane cannot open it.',
    params: byIdentifier,
    query: scope,
    body: sealedValueInput,
    reply: entityView,
  }),
  recipients: endpoint('secrets.recipients', {
    method: 'GET',
    path: '/api/v1/secret-recipients',
    access: 'viewer',
    summary: 'Keys of the approved delegates of a scope: whom to seal a secret to.',
    query: scope,
    reply: z.object({ items: z.array(recipientView) }),
  }),
} as const
