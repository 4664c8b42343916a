import type { Place } from './model.ts'

/** A YAML text as plain nodes with places: no anchors, aliases or tags any more. */
export type YamlNode = YamlScalar | YamlList | YamlMap

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** The text as written (without quotes): `1.10` stays `1.10`. */
  readonly text: string
  /** Whether it was written without quotes and not as a block, so that `5` may be a number. */
  readonly plain: boolean
  /** The raw YAML of the scalar and where it starts: what maps an offset in `text` to a place. */
  readonly raw: string
  readonly place: Place
}

export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly place: Place
}

export interface YamlEntry {
  readonly key: string
  readonly keyPlace: Place
  readonly value: YamlNode
}

export interface YamlMap {
  readonly kind: 'map'
  /** Keys are unique. */
  readonly entries: readonly YamlEntry[]
  readonly place: Place
}

/** The kind of a node as a user calls it. */
export function describeKind(node: YamlNode): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'a mapping'
  if (node.value === null) return 'nothing'
  return typeof node.value === 'string' ? 'a text' : `a ${typeof node.value}`
}

/** Whether somebody wrote the field but left it empty: `x:`, `x: []`, `x: {}`, `x: ""`. */
export function isEmptyNode(node: YamlNode): boolean {
  if (node.kind === 'list') return node.items.length === 0
  if (node.kind === 'map') return node.entries.length === 0
  return node.value === null || node.value === ''
}

/** Follows a path of keys and indexes as far as it leads: the node at its end, or the last one on the way. */
export function findNode(root: YamlNode, path: readonly (string | number)[]): { node: YamlNode; place: Place } {
  let node = root
  let place = root.place
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = node.entries.find((candidate) => candidate.key === String(step))
      if (entry === undefined) break
      node = entry.value
      place = entry.keyPlace
    } else if (node.kind === 'list' && typeof step === 'number') {
      const item = node.items[step]
      if (item === undefined) break
      node = item
      place = item.place
    } else break
  }
  return { node, place }
}

/** The plain value of a node. */
export function toPlainValue(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlainValue)
  // fromEntries defines properties, so that a key `__proto__` is a key like any other.
  return Object.fromEntries(node.entries.map((entry) => [entry.key, toPlainValue(entry.value)]))
}

/**
 * The place of the `count`-th (from 0) `<+` of a scalar. Its value and its raw text differ (quotes, escapes, indentation), but both
 * have the same number of openings in the same order, unless one is written with escapes: then the scalar's own place.
 */
export function placeOfOpening(scalar: YamlScalar, count: number): Place {
  let offset = -1
  for (let index = 0; index <= count; index++) {
    offset = scalar.raw.indexOf('<+', offset + 1)
    if (offset < 0) return scalar.place
  }
  return placeInRaw(scalar, offset)
}

/** The place of an offset in the scalar's raw text. */
export function placeInRaw(scalar: YamlScalar, offset: number): Place {
  const before = scalar.raw.slice(0, offset)
  const lastBreak = before.lastIndexOf('\n')
  if (lastBreak < 0) return { line: scalar.place.line, column: scalar.place.column + offset }
  return { line: scalar.place.line + before.split('\n').length - 1, column: offset - lastBreak }
}
