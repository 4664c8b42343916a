import { AppError, didYouMean } from '@sluice/base'
import { entityKinds, type EntityKind } from '@sluice/contract'

/** The entity kind that a person wrote: `connector`, `connectors`, `dbSchema`, `db-schemas`, `dbschema` … Throws with a suggestion. */
export function parseKind(text: string): EntityKind {
  const wanted = text.toLowerCase().replaceAll('-', '')
  const kinds = Object.keys(entityKinds) as EntityKind[]
  const found = kinds.find(
    (kind) =>
      [kind.toLowerCase(), entityKinds[kind].path.replaceAll('-', '')].includes(wanted) || `${kind.toLowerCase()}s` === wanted,
  )
  if (found !== undefined) return found
  const suggestion = didYouMean(wanted, kinds)
  throw new AppError('invalid', 'KIND_UNKNOWN', `There is no kind "${text}".`, {
    hint: `${suggestion === undefined ? '' : `Did you mean ${suggestion}? `}Kinds: ${kinds.join(', ')}.`,
  })
}
