import type { Stage, Step, StepGroup } from './model.ts'
import type { Position } from './template-sites.ts'

/** A step or step group that is in no step group. */
export interface OuterNode {
  readonly inner: Step | StepGroup
  readonly position: Position
}

/** What stands directly in a stage, members of a `parallel` one by one. `index` is the stage's. */
export function outerNodes(stage: Stage, index: number): OuterNode[] {
  return stage.nodes.flatMap((node, at): OuterNode[] =>
    node.kind === 'parallel'
      ? node.nodes.map((inner, member) => ({ inner, position: { stage: index, node: at, member } }))
      : [{ inner: node, position: { stage: index, node: at } }],
  )
}

/** The step groups of a stage. */
export function groupsIn(stage: Stage): StepGroup[] {
  return outerNodes(stage, 0).flatMap(({ inner }) => (inner.kind === 'group' ? [inner] : []))
}

/** Whether a node of the same stage has ended when another one is reached. */
export function compareOrder(node: Position, reader: Position): 'before' | 'later' | 'sameTime' | 'itself' {
  const outer = (node.node ?? 0) - (reader.node ?? 0)
  if (outer !== 0) return outer < 0 ? 'before' : 'later'
  if (node.member !== reader.member) return 'sameTime'
  if (node.inner === undefined) return reader.inner === undefined ? 'itself' : 'later'
  if (reader.inner === undefined) return 'later'
  if (node.inner !== reader.inner) return node.inner < reader.inner ? 'before' : 'later'
  return node.innerMember === reader.innerMember ? 'itself' : 'sameTime'
}
