import { description, displayName, entityTags, identifier } from '../identifiers.ts'

/** What every entity begins with that may live in the account, an organization or a project. */
export const anywhereHead = {
  identifier,
  name: displayName.optional(),
  orgIdentifier: identifier.optional(),
  projectIdentifier: identifier.optional(),
  description: description.optional(),
  tags: entityTags.optional(),
}

/** The same for entities that always live in a project. */
export const projectHead = {
  ...anywhereHead,
  orgIdentifier: identifier.default('default'),
  projectIdentifier: identifier.default('default'),
}
