import { type OverlayList, type OverlayShape, podOverlayShape, shapeOf } from '@sluice/pipeline'
import type { PodSpec } from './kube-types.ts'

/**
 * A PodSpec with an overlay merged over it as a strategic merge patch would (https://kubernetes.io/docs/reference/using-api/api-concepts/):
 * mappings key by key, lists with a merge key item by item (what is new is added at the end), other lists replaced; an empty value leaves what is
 * there. Only for an overlay in which `checkPodOverlay` finds nothing wrong: what is no overlay's to set is left out here.
 */
export function mergePodOverlay(spec: PodSpec, overlay: object): PodSpec {
  return merged(podOverlayShape, spec, overlay) as PodSpec
}

function merged(shape: OverlayShape, base: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return base
  switch (shape.kind) {
    case 'map':
      return isObject(value) ? mergedEntries(base, value, (key) => shapeOf(shape, key)) : base
    case 'texts':
      return isObject(value) ? mergedEntries(base, value, () => ({ kind: 'text' })) : base
    case 'object':
      return isObject(value) ? mergedEntries(base, value, ofObject(value)) : base
    case 'list':
      return Array.isArray(value) ? mergedList(shape, base, value) : base
    case 'text':
    case 'flag':
    case 'whole':
    case 'quantity':
      return value
  }
}

function mergedEntries(base: unknown, value: object, shapeOfKey: (key: string) => OverlayShape | undefined): object {
  const entries = new Map<string, unknown>(isObject(base) ? Object.entries(base) : [])
  for (const [key, item] of Object.entries(value)) {
    const shape = shapeOfKey(key)
    if (shape === undefined) continue
    const result = merged(shape, entries.get(key), item)
    if (result !== undefined) entries.set(key, result)
  }
  // fromEntries defines properties, so that a key `__proto__` is a key like any other.
  return Object.fromEntries(entries)
}

/** What Sluice knows no shape of: mappings key by key, everything else replaced. */
function ofObject(value: object): (key: string) => OverlayShape {
  const items = new Map<string, unknown>(Object.entries(value))
  return (key) => (isObject(items.get(key)) ? { kind: 'object' } : { kind: 'text' })
}

function mergedList({ of, mergeKey }: OverlayList, base: unknown, items: readonly unknown[]): unknown[] {
  if (mergeKey === undefined) return items.map((item) => merged(of, undefined, item))
  const keyOf = (item: unknown): unknown => (isObject(item) ? new Map(Object.entries(item)).get(mergeKey) : undefined)
  const rest = new Map(items.map((item) => [keyOf(item), item]))
  const known = (Array.isArray(base) ? base : []).map((item: unknown) => {
    const over = rest.get(keyOf(item))
    rest.delete(keyOf(item))
    return merged(of, item, over)
  })
  return [...known, ...[...rest.values()].map((item) => merged(of, undefined, item))]
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
