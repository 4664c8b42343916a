import { parseDuration } from '@sluice/pipeline'
import { z } from 'zod'
import { entityRef, identifier } from '../identifiers.ts'
import { projectHead } from './entity-head.ts'

/** A named set of changes kept in Git. Not a database schema. */
export const dbSchema = z
  .strictObject({
    ...projectHead,
    migrationType: z.enum(['Liquibase', 'Flyway']),
    type: z.enum(['Repository']).default('Repository'),
    changelog: z.strictObject({
      connector: entityRef,
      /** Path of the root changelog (Liquibase) or of the migrations folder (Flyway) in the repository. */
      location: z
        .string()
        .min(1)
        .max(1024)
        .refine(
          (path) => !path.startsWith('/') && !path.split('/').includes('..'),
          'The location is a path inside the repository.',
        ),
      /** Repository name, where the connector is for an account. */
      repo: z.string().max(256).optional(),
    }),
    service: z.string().max(256).optional(),
  })
  .meta({ id: 'DbSchema' })
export type DbSchema = z.infer<typeof dbSchema>

const duration = z
  .string()
  .max(40)
  .refine((text) => parseDuration(text) !== undefined, 'Write a duration like 10s, 5m or 1h30m, of at most 14 days.')

/** A DB schema applied through one connection at one revision. */
export const dbInstance = z
  .strictObject({
    ...projectHead,
    dbSchema: identifier,
    connector: entityRef.refine(
      (text) => !text.includes('<+'),
      'The connector of a DB instance must be fixed, not an expression.',
    ),
    branch: z.string().min(1).max(256).optional(),
    commitSha: z.string().min(1).max(256).optional(),
    gitTag: z.string().min(1).max(256).optional(),
    /** Liquibase contexts to run here, comma separated; empty runs everything. */
    context: z.string().max(1024).optional(),
    substituteProperties: z.record(z.string().min(1).max(256), z.string().max(4096)).optional(),
    /** How long a statement may wait for a lock of another session of the database, and how long it may run; absent = no limit of ours. */
    lockTimeout: duration.optional(),
    statementTimeout: duration.optional(),
    /** What an apply does with a changeset of which an interrupted run did only a part. Default: stop. */
    onPartial: z.enum(['stop', 'resume']).optional(),
  })
  .refine(
    (instance) => [instance.branch, instance.commitSha, instance.gitTag].filter((value) => value !== undefined).length === 1,
    {
      message: 'Exactly one of branch, commitSha and gitTag says which revision this instance takes.',
      path: ['branch'],
    },
  )
  .meta({ id: 'DbInstance' })
export type DbInstance = z.infer<typeof dbInstance>
