/**
 * JSON text for a jsonb column. PostgreSQL stores neither NUL nor lone surrogates; both become U+FFFD, since a database's error
 * message, which we do not choose, may hold them.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? toStorableText(item) : item))
}

/** The text with what PostgreSQL cannot store replaced by U+FFFD. */
export function toStorableText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed
}

/** The same value with every text and key in it storable. For facts whose reporter does not choose their texts. */
export function toStorable(value: unknown): unknown {
  if (typeof value === 'string') return toStorableText(value)
  if (Array.isArray(value)) return value.map(toStorable)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toStorableText(key), toStorable(item)]))
}
