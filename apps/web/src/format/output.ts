/** An output for reading: a list of texts a line each, other JSON indented, anything else as it is. */
export function formatOutput(value: string): string {
  if (!/^[[{]/.test(value)) return value
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    // It only looked like JSON.
    return value
  }
  if (Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed.join('\n')
  return JSON.stringify(parsed, null, 2)
}
