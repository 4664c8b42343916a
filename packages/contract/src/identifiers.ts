import { z } from 'zod'

/** What users name things by. `overview` is reserved because clients use it as a route. */
export const identifier = z
  .string()
  .regex(
    /^[a-zA-Z_][0-9a-zA-Z_$]{0,127}$/,
    'An identifier starts with a letter or _ and has letters, digits, _ and $ only (at most 128).',
  )
  .refine((text) => text !== 'overview', 'The identifier "overview" is reserved.')
  .meta({ id: 'Identifier' })

/** A reference to an entity from inside a project: `x` (same project), `org.x` or `account.x`. */
export const entityRef = z
  .string()
  .regex(
    /^(?:account\.|org\.)?[a-zA-Z_][0-9a-zA-Z_$]{0,127}$/,
    'A reference is an identifier, with "org." or "account." in front where the thing lives there.',
  )
  .meta({ id: 'EntityRef' })

export const displayName = z.string().min(1).max(128)
export const description = z.string().max(1024)
/** Labels on an entity: at most 128 keys. Not Liquibase tags, not Git tags. */
export const entityTags = z
  .record(z.string().min(1).max(128), z.string().max(128))
  .refine((tags) => Object.keys(tags).length <= 128, 'At most 128 tags.')

/** Where an entity lives: the account (both absent), an organization, or a project of it. */
export const scope = z.strictObject({
  orgIdentifier: identifier.optional(),
  projectIdentifier: identifier.optional(),
})
export type Scope = z.infer<typeof scope>

/** An RFC 3339 UTC time, as all API answers carry it. */
export const timestamp = z.iso.datetime().meta({ id: 'Timestamp' })

/** A tag of a delegate, and what selectors name. */
export const delegateTag = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'A delegate tag has letters, digits, ".", "_" and "-" only.')
