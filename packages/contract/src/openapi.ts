import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { errorBody } from './error-body.ts'

type JsonSchema = Record<string, unknown>

export interface OpenApiOptions {
  readonly version: string
  readonly endpoints: readonly Endpoint[]
}

/** What OpenAPI 3.1 says of an API (https://spec.openapis.org/oas/v3.1.0). */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: Readonly<Record<string, unknown>>
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly securitySchemes: unknown }
  readonly tags: readonly { readonly name: string }[]
}

export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly parameters: readonly OpenApiParameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { readonly schema: JsonSchema }> }
  readonly responses: Readonly<Record<string, unknown>>
  readonly security: readonly unknown[]
}

export interface OpenApiParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: JsonSchema
  readonly description?: string
}

const description = `The public API of the control plane.

Calls take an API key (\`Authorization: Bearer slk_…\`) or the cookie of a browser session. Every error answer has one shape,
\`ErrorBody\`; \`details.issues\` holds all problems of an input. Lists are pages: pass \`nextCursor\` as \`cursor\` for the next one.
Entities carry a version: send it back as \`If-Match: "version"\` on update and delete.`

/** Builds the OpenAPI document of endpoints, the same text for the same input. */
export function createOpenApi({ version, endpoints }: OpenApiOptions): OpenApiDocument {
  const schemas = new SchemaCollector()
  schemas.convert(errorBody, 'output')
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: describeEndpoint(endpoint, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice', version, description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: schemas.named(),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        session: { type: 'apiKey', in: 'cookie', name: 'sluice_session', description: 'A browser session.' },
      },
    },
    tags: [...new Set(endpoints.map((endpoint) => endpoint.tag))].map((name) => ({ name })),
  }
}

function describeEndpoint(endpoint: Endpoint, schemas: SchemaCollector): OpenApiOperation {
  const { id, access, body, ifMatch, module } = endpoint
  const notes = [
    access === 'public' ? 'Takes no credentials.' : `Needs the role \`${access}\` or one above it.`,
    ...(module ? ['Refused with 412 `MODULE_DISABLED` while the Database DevOps module is switched off.'] : []),
  ]
  return {
    operationId: id,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: notes.join(' '),
    parameters: [
      ...describeParameters('path', endpoint.params, schemas),
      ...describeParameters('query', endpoint.query, schemas),
      ...(ifMatch ? [ifMatchParameter] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: schemas.convert(body, 'input') } },
          },
        }),
    responses: {
      [String(endpoint.status)]: { description: 'Done.', content: describeReply(endpoint, schemas) },
      default: {
        description: 'What went wrong, and what to do next.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } },
      },
    },
    security: access === 'public' ? [] : [{ apiKey: [] }, { session: [] }],
  }
}

const ifMatchParameter: OpenApiParameter = {
  name: 'If-Match',
  in: 'header',
  required: true,
  schema: { type: 'string', pattern: '^"[0-9]+"$' },
  description: 'The version that is changed, from `meta.version` or the ETag. 428 without it, 412 when it is not the newest.',
}

function describeReply({ kind, reply }: Endpoint, schemas: SchemaCollector): Record<string, { schema: JsonSchema }> {
  if (kind === 'bytes') return { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
  // An event stream's schema is that of the data of one event.
  const type = kind === 'stream' ? 'text/event-stream' : 'application/json'
  return { [type]: { schema: schemas.convert(reply, 'output') } }
}

function describeParameters(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  schemas: SchemaCollector,
): OpenApiParameter[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !field.safeParse(undefined).success,
    // Queries are text that is turned into numbers: what they become says more than what they are.
    schema: schemas.convert(field, 'output'),
  }))
}

/** Turns zod schemas into JSON Schema; those with an id stand once under `components`. */
class SchemaCollector {
  readonly #named = new Map<string, JsonSchema>()

  convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...converted
    } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema & {
      $defs?: Record<string, JsonSchema>
    }
    for (const [id, definition] of Object.entries($defs)) this.#named.set(id, tidy(definition, io))
    const { id } = converted
    if (typeof id !== 'string') return tidy(converted, io)
    this.#named.set(id, tidy(converted, io))
    return { $ref: `#/components/schemas/${id}` }
  }

  named(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#named].toSorted(([left], [right]) => (left < right ? -1 : 1)))
  }
}

/**
 * A converted schema as OpenAPI has it: references lead to the components, the bounds of safe integers are left out, and answers may
 * have fields that this version does not know.
 */
function tidy(schema: JsonSchema, io: 'input' | 'output'): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, item]) => !isNoise(key, item, io))
        .map(([key, item]) => [
          key,
          key === '$ref' && typeof item === 'string' ? item.replace('#/$defs/', '#/components/schemas/') : walk(item),
        ]),
    )
  }
  return walk(schema) as JsonSchema
}

function isNoise(key: string, value: unknown, io: 'input' | 'output'): boolean {
  if (key === 'id') return typeof value === 'string'
  if (key === 'additionalProperties') return io === 'output' && value === false
  return (key === 'minimum' || key === 'maximum') && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER
}
