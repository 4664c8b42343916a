import type { Diagnostic } from '@sluice/base'
import { objectTypes, snapshotFormat, snapshotVersion } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'

/** A larger document is refused before it is read. */
const charactersMax = 512 * 1024 * 1024

/** A snapshot as JSON: sorted, two blanks deep, ending with a line end. Equal snapshots are equal texts. */
export function serializeSnapshot(snapshot: Snapshot): string {
  const { objects, ...head } = snapshot
  // One object a time, so that the text of a large database is built once and not three times.
  const start = JSON.stringify({ ...head, objects: [] }, null, 2).replace(/\[\]\n\}$/, '[')
  const body = objects.map((object) => indentBy4(JSON.stringify(sorted(object), null, 2)))
  return `${start}${body.length === 0 ? '' : `\n${body.join(',\n')}\n  `}]\n}\n`
}

function indentBy4(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

function sorted(object: SnapshotObject): Record<string, unknown> {
  const properties = Object.fromEntries(Object.entries(object.properties).sort(([one], [other]) => (one < other ? -1 : 1)))
  const { type, schema, table, name, partOf, create, early, attach, drop } = object
  return { type, schema, table, name, partOf, properties, dependsOn: [...object.dependsOn].sort(), create, early, attach, drop }
}

export interface ParsedSnapshot {
  readonly snapshot: Snapshot | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** Whether a file looks like a snapshot: for commands that take a URL or a file. */
export function looksLikeSnapshot(text: string): boolean {
  return /^\s*\{\s*"format"\s*:\s*"sluice-snapshot"/.test(text)
}

/** Reads a stored snapshot. Every problem is a diagnostic; with an error there is no snapshot. */
export function parseSnapshot(text: string, file: string): ParsedSnapshot {
  const fail = (code: string, message: string, hint: string): ParsedSnapshot => ({
    snapshot: undefined,
    diagnostics: [{ severity: 'error', code, message, file, hint }],
  })
  const again = 'Take the snapshot again: sluice db snapshot --output FILE.'
  if (text.length > charactersMax) return fail('SNAPSHOT_TOO_LARGE', 'The snapshot file is too large.', again)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail('SNAPSHOT_INVALID', `The snapshot is no JSON: ${error instanceof Error ? error.message : String(error)}.`, again)
  }
  if (!isRecord(value) || value['format'] !== snapshotFormat) {
    return fail('SNAPSHOT_INVALID', `The file is no snapshot: its "format" is not "${snapshotFormat}".`, again)
  }
  const version = value['version']
  if (typeof version !== 'number' || version > snapshotVersion || version < 1) {
    return fail(
      'SNAPSHOT_VERSION',
      `The snapshot has version ${String(version)}; this Sluice reads up to ${String(snapshotVersion)}.`,
      'Use a newer Sluice, or take the snapshot again.',
    )
  }
  const problem = findProblem(value)
  if (problem !== undefined) return fail('SNAPSHOT_INVALID', `The snapshot is damaged: ${problem}.`, again)
  return { snapshot: value as unknown as Snapshot, diagnostics: [] }
}

function findProblem(value: Record<string, unknown>): string | undefined {
  for (const name of ['product', 'serverVersion', 'database']) if (typeof value[name] !== 'string') return `"${name}" is no text`
  if (!['postgresql', 'mysql', 'mariadb', 'sqlite'].includes(String(value['product']))) return '"product" is not known'
  if (typeof value['isPortable'] !== 'boolean') return '"isPortable" is missing'
  for (const name of ['schemas', 'objects', 'uncarried']) if (!Array.isArray(value[name])) return `"${name}" is no list`
  const types = new Set<unknown>(objectTypes)
  for (const [at, object] of (value['objects'] as unknown[]).entries()) {
    const where = `objects[${String(at)}]`
    if (!isRecord(object)) return `${where} is no object`
    if (!types.has(object['type'])) return `${where} has the unknown type "${String(object['type']).slice(0, 40)}"`
    if (typeof object['name'] !== 'string') return `${where} has no name`
    if (object['schema'] !== null && typeof object['schema'] !== 'string') return `${where} has no schema`
    if (!isRecord(object['properties'])) return `${where} has no properties`
    for (const name of ['create', 'drop', 'dependsOn']) if (!isTexts(object[name])) return `${where} has no list "${name}"`
    if (object['early'] !== undefined && !isTexts(object['early'])) return `"early" of ${where} is no list`
    const attach = object['attach']
    if (attach === undefined) continue
    if (!isRecord(attach) || !isTexts(attach['statements']) || !isTexts(attach['after'])) return `"attach" of ${where} is damaged`
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
