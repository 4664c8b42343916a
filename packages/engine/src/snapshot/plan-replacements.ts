import type { Diagnostic } from '@sluice/base'
import type { Alteration, Catalogue } from './catalogue.ts'
import type { ChangedObject } from './diff.ts'
import { objectId } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'
import { describeObject } from './plan-creation.ts'

export interface ReplacementInput {
  readonly replaced: readonly ChangedObject[]
  readonly alterations: Map<string, Alteration>
  /** What is dropped and created so far; what is replaced is added to both. */
  readonly dropped: Map<string, SnapshotObject>
  readonly created: Map<string, SnapshotObject>
  readonly targetIndex: ReadonlyMap<string, SnapshotObject>
  readonly referenceIndex: ReadonlyMap<string, SnapshotObject>
  readonly target: Snapshot
  readonly catalogue: Pick<Catalogue, 'holdsData'>
}

/** Drops and creates again what cannot be altered, and everything that depends on it, as long as no data goes with it. */
export function planReplacements(input: ReplacementInput): readonly Diagnostic[] {
  const { alterations, dropped, created, targetIndex, referenceIndex, target, catalogue } = input
  const diagnostics: Diagnostic[] = []
  const dependents = dependentsOf(target)
  const replace = (object: SnapshotObject): void => {
    const id = objectId(object)
    dropped.set(id, object)
    alterations.delete(id)
    const wanted = referenceIndex.get(id)
    if (wanted !== undefined) created.set(id, wanted)
  }
  const queue: { readonly id: string; readonly types: readonly string[] | undefined }[] = []
  for (const { target: from } of input.replaced) {
    const holder = findHolder(objectId(from), dependents, targetIndex, dropped, catalogue)
    if (holder !== undefined) {
      diagnostics.push({
        severity: 'warning',
        code: 'DIFF_NOT_EXPRESSIBLE',
        message: `The difference in ${describeObject(from)} is not in the changelog: it would have to be dropped, and ${describeObject(holder)} uses it.`,
        hint: 'Write that change by hand.',
      })
      continue
    }
    replace(from)
    queue.push({ id: objectId(from), types: undefined })
  }
  for (const [id, { recreatesDependents }] of alterations) {
    if (recreatesDependents !== undefined) queue.push({ id, types: recreatesDependents })
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const id of dependents.get(next.id) ?? []) {
      const object = targetIndex.get(id)
      if (object === undefined || dropped.has(id) || object.drop.length === 0) continue
      if (next.types !== undefined && !next.types.includes(object.type)) continue
      if (catalogue.holdsData(object)) continue
      replace(object)
      queue.push({ id, types: undefined })
    }
    // What hangs on a view that is dropped goes with it, and has to come back with it.
    const owner = targetIndex.get(next.id)
    if (owner === undefined || !dropped.has(next.id)) continue
    for (const id of dependents.get(`parts of ${next.id}`) ?? []) {
      const part = targetIndex.get(id)
      if (part !== undefined && !dropped.has(id)) replace(part)
    }
  }
  return diagnostics
}

/** Something with data, that stays, among what depends on an object. */
function findHolder(
  id: string,
  dependents: ReadonlyMap<string, readonly string[]>,
  targetIndex: ReadonlyMap<string, SnapshotObject>,
  dropped: ReadonlyMap<string, SnapshotObject>,
  catalogue: Pick<Catalogue, 'holdsData'>,
): SnapshotObject | undefined {
  const seen = new Set([id])
  const queue = [id]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const dependent of dependents.get(next) ?? []) {
      const object = targetIndex.get(dependent)
      if (object === undefined || seen.has(dependent) || dropped.has(dependent)) continue
      seen.add(dependent)
      if (catalogue.holdsData(object)) return object
      queue.push(dependent)
    }
  }
  return undefined
}

/** Ids by the id they depend on; `parts of <id>` has what belongs to a view. */
function dependentsOf(snapshot: Snapshot): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, string[]>()
  const add = (key: string, id: string): void => {
    const list = all.get(key)
    if (list === undefined) all.set(key, [id])
    else list.push(id)
  }
  for (const object of snapshot.objects) {
    const id = objectId(object)
    for (const on of new Set([...object.dependsOn, ...(object.attach?.after ?? [])])) if (on !== object.partOf) add(on, id)
    if (object.table === undefined) continue
    for (const type of ['foreignTable', 'view', 'materializedView'] as const) {
      add(`parts of ${objectId({ type, schema: object.schema, name: object.table })}`, id)
    }
  }
  return all
}
