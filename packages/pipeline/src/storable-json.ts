import type { JsonValue } from './model.ts'

const depthMax = 16

/**
 * A value as jsonb can hold it: no NUL and no lone surrogates in texts, finite numbers, at most 16 levels, at most `lengthMax`
 * characters of JSON. Returns undefined for what is too deep or too long.
 */
export function toStorableJson<Value extends JsonValue>(value: Value, lengthMax: number): Value | undefined {
  const budget = { left: lengthMax }
  const converted = convert(value, 0, budget)
  return converted === undefined || budget.left < 0 ? undefined : (converted as Value)
}

function convert(value: JsonValue, depth: number, budget: { left: number }): JsonValue | undefined {
  if (depth > depthMax || budget.left < 0) return undefined
  if (typeof value === 'string') {
    const text = toStorableText(value)
    budget.left -= text.length + 2
    return text
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return null
  if (value === null || typeof value !== 'object') {
    budget.left -= String(value).length
    return value
  }
  if (Array.isArray(value)) {
    const items: JsonValue[] = []
    for (const item of value as readonly JsonValue[]) {
      budget.left -= 1
      const converted = convert(item, depth + 1, budget)
      if (converted === undefined) return undefined
      items.push(converted)
    }
    return items
  }
  const entries: [string, JsonValue][] = []
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    budget.left -= key.length + 4
    const converted = convert(item, depth + 1, budget)
    if (converted === undefined) return undefined
    entries.push([toStorableText(key), converted])
  }
  // fromEntries defines properties, so that a key `__proto__` is a key like any other.
  return Object.fromEntries(entries)
}

/** A text without NUL and lone surrogates, which PostgreSQL's jsonb refuses. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
