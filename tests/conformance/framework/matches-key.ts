/** Whether an entry of a list is about a comparison: `area/name@database`, `*` for any text. */
export function matchesKey(pattern: string, key: string): boolean {
  const parts = pattern.split('*')
  if (parts.length === 1) return pattern === key
  if (!key.startsWith(parts[0] ?? '') || !key.endsWith(parts.at(-1) ?? '')) return false
  let at = 0
  return parts.every((part) => {
    const found = key.indexOf(part, at)
    at = found + part.length
    return found !== -1
  })
}
