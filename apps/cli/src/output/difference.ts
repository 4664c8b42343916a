/**
 * What changes between a stored entity and a wanted one, a line a value: `+ tags.team: "data"`, `- branch: "main"`,
 * `~ url: "a" → "b"`. Long texts (pipeline YAML) are shown as a line count.
 */
export function describeDifference(stored: unknown, wanted: unknown): readonly string[] {
  const before = flatten(stored)
  const after = flatten(wanted)
  const lines: string[] = []
  for (const [path, value] of after) {
    const old = before.get(path)
    if (old === undefined) lines.push(`+ ${path}: ${show(value)}`)
    else if (old !== value) lines.push(`~ ${path}: ${show(old)} → ${show(value)}`)
  }
  for (const [path, value] of before) if (!after.has(path)) lines.push(`- ${path}: ${show(value)}`)
  return lines
}

function flatten(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0 && path !== '') into.set(path, Array.isArray(value) ? '[]' : '{}')
    for (const [key, item] of entries) flatten(item, path === '' ? key : `${path}.${key}`, into)
  } else if (value !== undefined) {
    into.set(path, JSON.stringify(value))
  }
  return into
}

function show(json: string): string {
  const lineCount = json.split('\\n').length
  return json.length <= 120 ? json : `(${String(lineCount)} lines, ${String(json.length)} characters)`
}
