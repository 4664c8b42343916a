import type { Diagnostic } from '@sluice/base'
import type { ChangelogPlan, ChangelogStep } from './changelog-plan.ts'
import { createFilter } from './filter.ts'
import type { ObjectFilter } from './filter.ts'
import { objectName, typeRank } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'
import { orderObjects } from './order.ts'
import type { BuildStep } from './order.ts'

/** Everything that makes a snapshot's objects in an empty database, one changeset per object, in dependency order. */
export function planCreation(snapshot: Snapshot, filter?: ObjectFilter): ChangelogPlan {
  const matches = createFilter(filter)
  const { steps, diagnostics } = planObjects(snapshot.objects.filter(matches))
  return { product: snapshot.product, steps, diagnostics: [...describeUncarried(snapshot), ...diagnostics] }
}

/** Steps that create these objects, with their way back. */
export function planObjects(objects: readonly SnapshotObject[]): {
  readonly steps: readonly ChangelogStep[]
  readonly diagnostics: readonly Diagnostic[]
} {
  const { steps: order, cyclic } = orderObjects(objects)
  const lastNamed = order.findLastIndex(({ object }) => typeRank(object.type) < typeRank('function'))
  const steps: ChangelogStep[] = []
  for (let index = 0; index < order.length; index++) {
    const { object, phase } = order[index] as BuildStep
    if (phase === 'attach') {
      steps.push(toStep('attach', object, object.attach?.statements ?? [], []))
      continue
    }
    const early = index < lastNamed ? (object.early ?? []) : []
    const next = order[index + 1]
    const attaches = next?.phase === 'attach' && next.object === object
    if (attaches) index++
    const statements = [...early, ...object.create, ...(attaches ? (object.attach?.statements ?? []) : [])]
    if (statements.length > 0) steps.push(toStep('create', object, statements, object.drop))
  }
  return {
    steps,
    diagnostics: cyclic.map((object) => ({
      severity: 'warning',
      code: 'SNAPSHOT_CYCLE',
      message: `${describeObject(object)} is part of a cycle of dependencies, so its place in the changelog may be wrong.`,
      hint: 'Run the changelog on an empty database before you rely on it.',
    })),
  }
}

/** Warnings for what a snapshot could not carry. */
export function describeUncarried(snapshot: Snapshot): readonly Diagnostic[] {
  return snapshot.uncarried.map(({ type, name }) => ({
    severity: 'warning',
    code: 'SNAPSHOT_NOT_CARRIED',
    message: `The ${type} "${name}" is not carried by snapshots.`,
    hint: 'Write it into the changelog by hand.',
  }))
}

/** `table shop.orders`, for messages and comments. */
export function describeObject(object: SnapshotObject): string {
  return `${object.type.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${objectName(object)}`
}

/** A step's name: `create-table-shop-orders`. */
export function stepName(verb: string, object: SnapshotObject): string {
  const words = `${verb}-${object.type.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-${objectName(object)}`
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '-')
    .replaceAll(/-+/g, '-')
    .slice(0, 80)
    .replace(/-$/, '')
}

function toStep(verb: string, object: SnapshotObject, statements: readonly string[], rollback: readonly string[]): ChangelogStep {
  return { name: stepName(verb, object), comments: [], statements, rollback, losesData: undefined }
}
