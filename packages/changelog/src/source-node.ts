import type { SourcePlace } from './model.ts'

/**
 * One named thing in a YAML, JSON or XML changelog, before anybody knows what it means. XML attributes and YAML scalars are
 * children without children of their own, so that all formats look alike from here on.
 */
export interface SourceNode {
  readonly name: string
  /** Text of a scalar or of an XML element, as Java prints it; undefined for null and for structures. */
  readonly text: string | undefined
  /** For a YAML timestamp: its text where a date is wanted. */
  readonly dateText?: string | undefined
  readonly children: readonly SourceNode[]
  /** True for a YAML list or mapping, false for a scalar; XML elements are structures when they have children. */
  readonly isStructure: boolean
  readonly place: SourcePlace
}

export function childNamed(node: SourceNode, ...names: readonly string[]): SourceNode | undefined {
  return node.children.find((child) => names.includes(child.name))
}

export function childrenNamed(node: SourceNode, name: string): readonly SourceNode[] {
  return node.children.filter((child) => child.name === name)
}

/** Name of the children that stand for the scalars of a YAML list. */
export const listItemName = '-'
