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
  })
  .meta({ id: 'Project' })
