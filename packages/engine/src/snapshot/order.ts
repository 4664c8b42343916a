import { compareObjects, objectId } from './model.ts'
import type { SnapshotObject } from './model.ts'

/** A step of building a schema: an object's `create`, or what it attaches afterwards. */
export interface BuildStep {
  readonly object: SnapshotObject
  readonly phase: 'create' | 'attach'
}

export interface BuildOrder {
  readonly steps: readonly BuildStep[]
  /** Objects that a cycle of dependencies left without an order; they are among the steps where they do least harm. */
  readonly cyclic: readonly SnapshotObject[]
}

/** Written as a dependency: not only created, but with what it attaches. */
export function wholeOf(id: string): string {
  return `${id} (whole)`
}

/**
 * Puts objects in an order in which each comes after what it depends on; among those that could come next, in the order of
 * documents. Dependencies on objects that are not given count as met. Takes linear time but for a heap.
 */
export function orderObjects(given: readonly SnapshotObject[]): BuildOrder {
  const objects = [...given].sort(compareObjects)
  const indexes = new Map(objects.map((object, index) => [objectId(object), index]))
  // Node 2i creates object i, node 2i + 1 attaches.
  const waitsFor = new Int32Array(objects.length * 2)
  const followers: (number[] | undefined)[] = []
  const link = (from: number, to: number): void => {
    if (from === to) return
    ;(followers[from] ??= []).push(to)
    waitsFor[to] = (waitsFor[to] ?? 0) + 1
  }
  const resolve = (reference: string): number | undefined => {
    const isWhole = reference.endsWith(' (whole)')
    let index = indexes.get(isWhole ? reference.slice(0, -8) : reference)
    const partOf = index === undefined ? undefined : objects[index]?.partOf
    if (partOf !== undefined) index = indexes.get(partOf) ?? index
    if (index === undefined) return undefined
    return isWhole && attachesLater(objects[index]) ? index * 2 + 1 : index * 2
  }
  let nodes = 0
  const heap = createHeap()
  for (const [index, object] of objects.entries()) {
    const isMadeElsewhere = object.partOf !== undefined && indexes.has(object.partOf)
    const creates = isMadeElsewhere ? (indexes.get(object.partOf ?? '') ?? index) * 2 : index * 2
    for (const reference of new Set(object.dependsOn)) {
      const from = resolve(reference)
      if (from !== undefined && from >> 1 !== creates >> 1) link(from, creates)
    }
    if (!isMadeElsewhere) nodes++
    if (object.attach === undefined || isMadeElsewhere) continue
    // With nothing to attach, `after` holds for `create` of an object that is made by itself.
    const attaches = object.attach.statements.length > 0 ? index * 2 + 1 : index * 2
    if (attaches !== index * 2) {
      nodes++
      link(index * 2, attaches)
    }
    for (const reference of new Set(object.attach.after)) {
      const from = resolve(reference)
      if (from !== undefined) link(from, attaches)
    }
  }
  const isNode = (node: number): boolean => {
    const object = objects[node >> 1]
    if (object === undefined || (object.partOf !== undefined && indexes.has(object.partOf))) return false
    return (node & 1) === 0 || attachesLater(object)
  }
  for (let node = 0; node < objects.length * 2; node++) if (isNode(node) && waitsFor[node] === 0) heap.push(node)
  const steps: BuildStep[] = []
  const cyclic: SnapshotObject[] = []
  const done = new Uint8Array(objects.length * 2)
  let scan = 0
  while (steps.length < nodes) {
    let node = heap.pop()
    if (node === undefined) {
      while (!isNode(scan) || done[scan] === 1) scan++
      node = scan
      const object = objects[node >> 1]
      if (object !== undefined) cyclic.push(object)
    }
    if (done[node] === 1) continue
    done[node] = 1
    const object = objects[node >> 1]
    if (object !== undefined) steps.push({ object, phase: (node & 1) === 0 ? 'create' : 'attach' })
    for (const next of followers[node] ?? []) {
      waitsFor[next] = (waitsFor[next] ?? 0) - 1
      if (waitsFor[next] === 0 && done[next] === 0) heap.push(next)
    }
  }
  return { steps, cyclic }
}

function attachesLater(object: SnapshotObject | undefined): boolean {
  return object?.attach !== undefined && object.attach.statements.length > 0
}

/** The smallest number first. */
function createHeap(): { push(value: number): void; pop(): number | undefined } {
  const values: number[] = []
  const at = (index: number): number => values[index] ?? Infinity
  const swap = (left: number, right: number): void => {
    const kept = at(left)
    values[left] = at(right)
    values[right] = kept
  }
  return {
    push(value) {
      let index = values.push(value) - 1
      while (index > 0) {
        const parent = (index - 1) >> 1
        if (at(parent) <= at(index)) return
        swap(parent, index)
        index = parent
      }
    },
    pop() {
      const top = values[0]
      const last = values.pop()
      if (values.length === 0 || last === undefined) return top
      values[0] = last
      for (let index = 0; ;) {
        const left = index * 2 + 1
        const smaller = at(left + 1) < at(left) ? left + 1 : left
        if (smaller >= values.length || at(index) <= at(smaller)) return top
        swap(index, smaller)
        index = smaller
      }
    },
  }
}
