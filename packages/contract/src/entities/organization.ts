import { z } from 'zod'
import { description, displayName, entityTags, identifier } from '../identifiers.ts'

export const organization = z
  .strictObject({
    identifier,
    name: displayName.optional(),
    description: description.optional(),
    tags: entityTags.optional(),
  })
  .meta({ id: 'Organization' })

export const project = z
  .strictObject({
    identifier,
    orgIdentifier: identifier.default('default'),
    name: displayName.optional(),
    description: description.optional(),
    tags: entityTags.optional(),
    /** How values reach pods of this project's groups: `runtime` keeps them out of the cluster's storage. The stricter of account, project and group counts. */
    secrets: z.enum(['kubernetes', 'runtime']).optional(),
  })
  .meta({ id: 'Project' })
