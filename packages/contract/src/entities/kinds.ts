import { z } from 'zod'
import { timestamp } from '../identifiers.ts'
import { connector } from './connector.ts'
import { dbInstance, dbSchema } from './db-schema.ts'
import { organization, project } from './organization.ts'
import { pipelineEntity } from './pipeline.ts'
import { secret } from './secret.ts'

/**
 * Every kind of entity users write: its key in entity YAML, its path in the API, and its schema. The order is the order in which
 * `sluice apply` writes them, so that what is referred to comes first.
 */
export const entityKinds = {
  organization: { path: 'organizations', scope: 'account', schema: organization, module: false },
  project: { path: 'projects', scope: 'org', schema: project, module: false },
  secret: { path: 'secrets', scope: 'any', schema: secret, module: false },
  connector: { path: 'connectors', scope: 'any', schema: connector, module: false },
  dbSchema: { path: 'db-schemas', scope: 'project', schema: dbSchema, module: true },
  dbInstance: { path: 'db-instances', scope: 'project', schema: dbInstance, module: true },
  pipeline: { path: 'pipelines', scope: 'project', schema: pipelineEntity, module: false },
} as const
export type EntityKind = keyof typeof entityKinds

/** What the API adds to every stored entity. `version` goes back in `If-Match` on update and delete. */
export const entityMeta = z.object({ version: z.number().int(), createdAt: timestamp, updatedAt: timestamp })

/** An entity in an answer: what was written, plus `meta`; secrets also say whether and how a value is set. */
export const entityView = z
  .object({
    kind: z.enum(Object.keys(entityKinds) as [EntityKind, ...EntityKind[]]),
    spec: z.record(z.string(), z.unknown()),
    meta: entityMeta,
    /** Read-only facts: secrets `{valueVersion, recipients}`, DB schemas `{instanceCount}`, DB instances `{lastAppliedTag, targetKey}`. */
    facts: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Entity' })
export type EntityView = z.infer<typeof entityView>
