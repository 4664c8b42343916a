import type { Diagnostic } from '@sluice/base'
import type { Alteration, Catalogue } from './catalogue.ts'
import type { ChangelogPlan, ChangelogStep } from './changelog-plan.ts'
import type { ChangedObject, SnapshotDiff } from './diff.ts'
import { objectId } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'
import { orderObjects } from './order.ts'
import type { BuildStep } from './order.ts'
import { describeObject, describeUncarried, stepName } from './plan-creation.ts'
import { planReplacements } from './plan-replacements.ts'

export interface MigrationInput {
  readonly reference: Snapshot
  readonly target: Snapshot
  readonly diff: SnapshotDiff
  readonly catalogue: Pick<Catalogue, 'planAlter' | 'holdsData'>
}

/**
 * The changesets that make the target like its reference: drops first, then what is altered and created, in dependency order; what
 * something still used is dropped last. Views and the like that stand in the way of a change are dropped and made again. Steps that
 * can lose data say so; what no statement can do is a warning.
 */
export function planMigration({ reference, target, diff, catalogue }: MigrationInput): ChangelogPlan {
  const diagnostics: Diagnostic[] = [...describeUncarried(reference)]
  const targetIndex = index(target)
  const referenceIndex = index(reference)
  const alterations = new Map<string, Alteration>()
  const dropped = new Map<string, SnapshotObject>()
  const created = new Map<string, SnapshotObject>()
  for (const { object, parts } of diff.unexpected) for (const one of [object, ...parts]) dropped.set(objectId(one), one)
  for (const { object, parts } of diff.missing) for (const one of [object, ...parts]) created.set(objectId(one), one)
  const replaced: ChangedObject[] = []
  for (const changed of diff.changed) {
    const plan = catalogue.planAlter({
      from: changed.target,
      to: changed.reference,
      properties: changed.differences.map(({ property }) => property),
    })
    if (plan.kind === 'recreate') {
      replaced.push(changed)
      continue
    }
    const { alteration } = plan
    if (alteration.statements.length > 0) alterations.set(objectId(changed.reference), alteration)
    diagnostics.push(...(alteration.unexpressed ?? []).map((reason) => notExpressible(changed.reference, reason)))
  }
  diagnostics.push(
    ...planReplacements({ replaced, alterations, dropped, created, targetIndex, referenceIndex, target, catalogue }),
  )

  const { early, late, parts } = orderDrops(dropped, target)
  const building = [...created.values(), ...[...alterations.keys()].flatMap((id) => referenceIndex.get(id) ?? [])]
  const order = orderObjects(building)
  const steps: ChangelogStep[] = []
  const drop = (object: SnapshotObject): void => {
    const losesData = catalogue.holdsData(object) ? `${describeObject(object)} is dropped with its data.` : undefined
    if (losesData !== undefined) diagnostics.push(dataLoss(losesData))
    const isReplaced = created.has(objectId(object))
    steps.push({
      name: stepName('drop', object),
      comments: losesData === undefined ? [] : [`WARNING: ${losesData}`],
      statements: object.drop,
      // What went with it comes back with it.
      rollback:
        losesData === undefined
          ? [object, ...(parts.get(objectId(object)) ?? [])].flatMap((one) => [...one.create, ...(one.attach?.statements ?? [])])
          : undefined,
      losesData,
    })
    if (isReplaced && object.drop.length === 0) steps.pop()
  }
  for (const object of early) if (object.drop.length > 0) drop(object)
  order.steps.forEach((step, at) => {
    const next = order.steps[at + 1]
    const built = buildStep(step, alterations, next)
    if (built === undefined) return
    if (built.losesData !== undefined) diagnostics.push(dataLoss(built.losesData))
    steps.push(built)
  })
  for (const object of late) if (object.drop.length > 0) drop(object)
  return { product: reference.product, steps, diagnostics }
}

function buildStep(
  { object, phase }: BuildStep,
  alterations: ReadonlyMap<string, Alteration>,
  next: BuildStep | undefined,
): ChangelogStep | undefined {
  const alteration = alterations.get(objectId(object))
  if (alteration !== undefined) {
    if (phase === 'attach') return undefined
    const { losesData } = alteration
    return {
      name: stepName('alter', object),
      comments: losesData === undefined ? [] : [`WARNING: ${losesData}`],
      statements: alteration.statements,
      rollback: losesData === undefined ? alteration.rollback : undefined,
      losesData,
    }
  }
  if (phase === 'attach') {
    return {
      name: stepName('attach', object),
      comments: [],
      statements: object.attach?.statements ?? [],
      rollback: [],
      losesData: undefined,
    }
  }
  const isUnchecked = next !== undefined
  const statements = [...(isUnchecked ? (object.early ?? []) : []), ...object.create]
  if (statements.length === 0) return undefined
  return { name: stepName('create', object), comments: [], statements, rollback: object.drop, losesData: undefined }
}

/**
 * Reverse order of creation, without what goes with its table. Objects that something which stays still uses are dropped at the end:
 * by then it has been altered.
 */
function orderDrops(
  dropped: ReadonlyMap<string, SnapshotObject>,
  target: Snapshot,
): {
  readonly early: readonly SnapshotObject[]
  readonly late: readonly SnapshotObject[]
  /** What goes with an object, by its id, in the order of creation. */
  readonly parts: ReadonlyMap<string, readonly SnapshotObject[]>
} {
  const stillUsed = new Set<string>()
  for (const object of target.objects) {
    if (dropped.has(objectId(object))) continue
    for (const id of [...object.dependsOn, ...(object.attach?.after ?? [])]) stillUsed.add(id)
  }
  const order = orderObjects([...dropped.values()])
  const parts = new Map<string, SnapshotObject[]>()
  const reversed: SnapshotObject[] = []
  for (const { object, phase } of order.steps) {
    if (phase === 'attach') continue
    const owner = ownerOf(object, dropped)
    if (owner === undefined) reversed.push(object)
    else parts.set(owner, [...(parts.get(owner) ?? []), object])
  }
  reversed.reverse()
  return {
    early: reversed.filter((object) => !stillUsed.has(objectId(object))),
    late: reversed.filter((object) => stillUsed.has(objectId(object))),
    parts,
  }
}

/** Id of the table or view whose end takes an object along. */
function ownerOf({ type, schema, table }: SnapshotObject, dropped: ReadonlyMap<string, SnapshotObject>): string | undefined {
  // Foreign keys go first, so that tables that refer to each other can be dropped.
  if (table === undefined || type === 'foreignKey') return undefined
  const owners = (['table', 'view', 'materializedView'] as const).map((owner) => objectId({ type: owner, schema, name: table }))
  return owners.find((owner) => dropped.has(owner))
}

function index(snapshot: Snapshot): Map<string, SnapshotObject> {
  return new Map(snapshot.objects.map((object) => [objectId(object), object]))
}

function dataLoss(message: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'DIFF_LOSES_DATA',
    message: message[0]?.toUpperCase() + message.slice(1),
    hint: 'Look at that changeset before you run it.',
  }
}

function notExpressible(object: SnapshotObject, reason: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'DIFF_NOT_EXPRESSIBLE',
    message: `The difference in ${describeObject(object)} is not in the changelog: ${reason}`,
    hint: 'Write that change by hand.',
  }
}
