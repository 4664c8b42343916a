import type { SnapshotDiff } from './diff.ts'
import { objectName } from './model.ts'
import type { PropertyValue, Snapshot, SnapshotObject } from './model.ts'
import { describeObject } from './plan-creation.ts'

/** Longest value shown on one line of a text. */
const shownMax = 120

/** A snapshot for people: objects by type, parts below what they belong to, properties that say something. */
export function renderSnapshot(snapshot: Snapshot): string {
  const lines = [
    `${snapshot.product} ${snapshot.serverVersion}, database ${snapshot.database}, ${snapshot.schemas.length === 1 ? 'schema' : 'schemas'} ${snapshot.schemas.join(', ')}: ${String(snapshot.objects.length)} objects`,
  ]
  const parts = new Map<string, SnapshotObject[]>()
  const tops: SnapshotObject[] = []
  for (const object of snapshot.objects) {
    if (object.table === undefined) {
      tops.push(object)
      continue
    }
    const key = JSON.stringify([object.schema, object.table])
    const list = parts.get(key)
    if (list === undefined) parts.set(key, [object])
    else list.push(object)
  }
  for (const object of tops) {
    lines.push('', describeObject(object), ...propertyLines(object, '  '))
    if (!['table', 'view', 'materializedView'].includes(object.type)) continue
    const key = JSON.stringify([object.schema, object.name])
    for (const part of parts.get(key) ?? []) {
      lines.push(`  ${part.type} ${part.name}`, ...propertyLines(part, '    '))
    }
    parts.delete(key)
  }
  for (const rest of parts.values())
    for (const object of rest) lines.push('', describeObject(object), ...propertyLines(object, '  '))
  if (snapshot.uncarried.length > 0) {
    lines.push('', 'Not carried:', ...snapshot.uncarried.map(({ type, name }) => `  ${type} ${name}`))
  }
  return lines.join('\n')
}

function propertyLines({ properties }: SnapshotObject, indent: string): string[] {
  return Object.entries(properties)
    .filter(([name]) => !name.startsWith('~'))
    .filter(([, value]) => value !== null && value !== false && !(Array.isArray(value) && value.length === 0))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => {
      const text = formatValue(value)
      if (!text.includes('\n')) return `${indent}${name}: ${text}`
      return `${indent}${name}:\n${text.replaceAll(/^/gm, `${indent}  `)}`
    })
}

/** A difference for people, one line per object and one per property; long texts are cut to their first differing lines. */
export function renderDiff(diff: SnapshotDiff): string {
  if (diff.isEmpty) return 'There are no differences.'
  const lines: string[] = []
  const withParts = (object: SnapshotObject, parts: readonly SnapshotObject[]): string =>
    `${describeObject(object)}${parts.length === 0 ? '' : ` (with ${String(parts.length)} ${parts.length === 1 ? 'part' : 'parts'})`}`
  for (const { object, parts } of diff.missing) lines.push(`missing     ${withParts(object, parts)}`)
  for (const { object, parts } of diff.unexpected) lines.push(`unexpected  ${withParts(object, parts)}`)
  for (const { reference, differences } of diff.changed) {
    lines.push(`changed     ${describeObject(reference)}`)
    for (const { property, reference: wanted, target: found } of differences) {
      lines.push(...differenceLines(property, wanted, found))
    }
  }
  const count = diff.missing.length + diff.unexpected.length + diff.changed.length
  lines.push(
    `${String(count)} ${count === 1 ? 'difference' : 'differences'}: ${String(diff.missing.length)} missing, ${String(diff.unexpected.length)} unexpected, ${String(diff.changed.length)} changed.`,
  )
  return lines.join('\n')
}

function differenceLines(property: string, wanted: PropertyValue, found: PropertyValue): string[] {
  const one = formatValue(wanted)
  const other = formatValue(found)
  if (!one.includes('\n') && !other.includes('\n')) {
    return [`              ${property}: reference ${cut(one)}, target ${cut(other)}`]
  }
  const left = one.split('\n')
  const right = other.split('\n')
  const at = left.findIndex((line, index) => line !== right[index])
  const line = at === -1 ? left.length : at
  return [
    `              ${property}, from line ${String(line + 1)}:`,
    `                reference ${cut(left[line] ?? '(ends)')}`,
    `                target    ${cut(right[line] ?? '(ends)')}`,
  ]
}

function formatValue(value: PropertyValue): string {
  if (value === null) return '(none)'
  return Array.isArray(value) ? value.join(', ') : String(value)
}

function cut(text: string): string {
  return text.length > shownMax ? `${text.slice(0, shownMax - 1)}…` : text
}

/** What a diff says, as data for scripts: names and properties without the statements. */
export function summarizeDiff(diff: SnapshotDiff): unknown {
  const one = (object: SnapshotObject): unknown => ({
    type: object.type,
    schema: object.schema,
    ...(object.table === undefined ? {} : { table: object.table }),
    name: object.name,
    fullName: objectName(object),
  })
  return {
    isEmpty: diff.isEmpty,
    missing: diff.missing.map(({ object, parts }) => ({ ...(one(object) as object), parts: parts.map(one) })),
    unexpected: diff.unexpected.map(({ object, parts }) => ({ ...(one(object) as object), parts: parts.map(one) })),
    changed: diff.changed.map(({ reference, differences }) => ({ ...(one(reference) as object), differences })),
  }
}
