import { AppError } from '@sluice/base'
import { createFilter } from './filter.ts'
import type { ObjectFilter } from './filter.ts'
import { compareObjects, objectId } from './model.ts'
import type { PropertyValue, Snapshot, SnapshotObject } from './model.ts'

/** A property that two databases do not have alike; null where one of them does not have it. */
export interface PropertyDifference {
  readonly property: string
  readonly reference: PropertyValue
  readonly target: PropertyValue
}

/** An object that only one side has, with what belongs to it (a table's columns, constraints, indexes …). */
export interface OneSidedObject {
  readonly object: SnapshotObject
  readonly parts: readonly SnapshotObject[]
}

export interface ChangedObject {
  readonly reference: SnapshotObject
  readonly target: SnapshotObject
  readonly differences: readonly PropertyDifference[]
}

/** How a target differs from its reference. Lists are sorted as snapshots are. */
export interface SnapshotDiff {
  /** In the reference, not in the target. */
  readonly missing: readonly OneSidedObject[]
  /** In the target, not in the reference. */
  readonly unexpected: readonly OneSidedObject[]
  readonly changed: readonly ChangedObject[]
  readonly isEmpty: boolean
}

/**
 * Compares two snapshots property by property. What belongs to a missing or unexpected object is told with it and counts as one
 * difference. Throws `SNAPSHOTS_NOT_COMPARABLE` for different products, or one schema's snapshot against one of named schemas.
 */
export function diffSnapshots(reference: Snapshot, target: Snapshot, filter?: ObjectFilter): SnapshotDiff {
  throwIfNotComparable(reference, target)
  const matches = createFilter(filter)
  const left = indexObjects(reference, matches)
  const right = indexObjects(target, matches)
  const missing = oneSided(left, right).filter(({ object }) => !isHandedOver(object, left, right))
  const unexpected = oneSided(right, left).filter(({ object }) => !isHandedOver(object, right, left))
  const changed: ChangedObject[] = []
  for (const [id, from] of left) {
    const to = right.get(id)
    if (to === undefined) continue
    const differences = compareProperties(from, to)
    if (differences.length > 0) changed.push({ reference: from, target: to, differences })
  }
  changed.sort((one, other) => compareObjects(one.reference, other.reference))
  return { missing, unexpected, changed, isEmpty: missing.length + unexpected.length + changed.length === 0 }
}

function throwIfNotComparable(reference: Snapshot, target: Snapshot): void {
  const family = (snapshot: Snapshot): string => (snapshot.product === 'mysql' ? 'mariadb' : snapshot.product)
  if (family(reference) !== family(target)) {
    throw new AppError(
      'invalid',
      'SNAPSHOTS_NOT_COMPARABLE',
      `A snapshot of ${reference.product} cannot be compared with one of ${target.product}.`,
      { hint: 'Both sides have to be the same kind of database.' },
    )
  }
  if (reference.isPortable !== target.isPortable) {
    throw new AppError(
      'invalid',
      'SNAPSHOTS_NOT_COMPARABLE',
      'One snapshot is of a single schema, without its name; the other one is of named schemas.',
      { hint: 'Take both with the same choice of schemas.' },
    )
  }
}

function indexObjects(snapshot: Snapshot, matches: (object: SnapshotObject) => boolean): Map<string, SnapshotObject> {
  const index = new Map<string, SnapshotObject>()
  for (const object of snapshot.objects) if (matches(object)) index.set(objectId(object), object)
  return index
}

function oneSided(here: Map<string, SnapshotObject>, there: Map<string, SnapshotObject>): readonly OneSidedObject[] {
  const owners = new Map<string, { object: SnapshotObject; parts: SnapshotObject[] }>()
  const rest: SnapshotObject[] = []
  for (const [id, object] of here) {
    if (there.has(id)) continue
    if (object.table === undefined && object.partOf === undefined) owners.set(id, { object, parts: [] })
    else rest.push(object)
  }
  for (const object of rest) {
    const owner = ownerIds(object)
      .map((id) => owners.get(id))
      .find((found) => found !== undefined)
    if (owner === undefined) owners.set(objectId(object), { object, parts: [] })
    else owner.parts.push(object)
  }
  for (const { parts } of owners.values()) parts.sort(compareObjects)
  return [...owners.values()].sort((one, other) => compareObjects(one.object, other.object))
}

/** Ids of what an object may belong to. */
function ownerIds({ partOf, schema, table }: SnapshotObject): readonly string[] {
  const ids = partOf === undefined ? [] : [partOf]
  if (table === undefined) return ids
  return [
    ...ids,
    ...(['table', 'foreignTable', 'view', 'materializedView'] as const).map((type) => objectId({ type, schema, name: table })),
  ]
}

/**
 * What a table has of its own here and from a parent there is the same thing, and stays what it is when the table joins that parent or leaves
 * it: dropped and made again it would lose its rows' values, and the parent wants to find it.
 */
function isHandedOver(
  part: SnapshotObject,
  here: ReadonlyMap<string, SnapshotObject>,
  there: ReadonlyMap<string, SnapshotObject>,
): boolean {
  if (part.table === undefined) return false
  for (const type of ['table', 'foreignTable'] as const) {
    const id = objectId({ type, schema: part.schema, name: part.table })
    const [own, other] = [here.get(id), there.get(id)]
    const inherited = other?.properties['~inherited']
    if (own === undefined || !Array.isArray(inherited) || !inherited.includes(`${part.type} ${part.name}`)) continue
    const hasParent = (property: string): boolean =>
      !isSame(own.properties[property] ?? null, other?.properties[property] ?? null)
    if (hasParent('inherits') || hasParent('partitionOf')) return true
  }
  return false
}

function compareProperties(reference: SnapshotObject, target: SnapshotObject): readonly PropertyDifference[] {
  // Names that begin with `~` are facts for planning; what they follow from is compared.
  const all = new Set([...Object.keys(reference.properties), ...Object.keys(target.properties)])
  // Owners are compared where both snapshots have them.
  const hasOwners = reference.properties['owner'] !== undefined && target.properties['owner'] !== undefined
  const names = [...all].filter((name) => !name.startsWith('~') && (name !== 'owner' || hasOwners)).sort()
  const differences = names.flatMap((property) => {
    const one = reference.properties[property] ?? null
    const other = target.properties[property] ?? null
    const isEqual = property === 'columnOrder' ? hasSameOrder(one, other) : isSame(one, other)
    return isEqual ? [] : [{ property, reference: one, target: other }]
  })
  // Inherited columns come first, so that other parents make another order.
  const hasOtherParents = differences.some(({ property }) => property === 'inherits')
  return hasOtherParents ? differences.filter(({ property }) => property !== 'columnOrder') : differences
}

function isSame(one: PropertyValue, other: PropertyValue): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((value, index) => value === other[index])
}

/** A missing column is a difference of its own; the order of the others is what counts. */
function hasSameOrder(one: PropertyValue, other: PropertyValue): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  const shared = new Set<unknown>(other)
  const left = (one as string[]).filter((name) => shared.has(name))
  const known = new Set<unknown>(left)
  return isSame(
    left,
    (other as string[]).filter((name) => known.has(name)),
  )
}
