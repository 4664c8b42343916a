import assert from 'node:assert/strict'
import type { Database } from '../../database.ts'
import { diffSnapshots } from '../diff.ts'
import type { SnapshotDiff } from '../diff.ts'
import { objectName } from '../model.ts'
import type { Snapshot } from '../model.ts'
import { planMigration } from '../plan-migration.ts'
import { renderDiff } from '../snapshot-text.ts'
import { openCatalogueOf, snapshotDatabase } from '../take-snapshot.ts'
import type { SnapshotOptions } from '../take-snapshot.ts'
import { writeChangelog } from '../write-changelog.ts'

/** A change of a database that makes one difference. */
export interface Mutation {
  readonly sql: string
  /** `kind type name: property`, for example `changed column orders.total: dataType`. */
  readonly expected: string
  /** The difference cannot be expressed, or goes back only by hand: nothing is run. */
  readonly isStuck?: boolean
}

/**
 * Changes a target, expects exactly the difference named, writes the changelog that takes it back, runs it, and expects no difference; then
 * rolls it back where every step has a way back, and expects the difference again; and runs it once more.
 */
export async function checkMutation(
  target: Database,
  reference: Snapshot,
  mutation: Mutation,
  withRollback = true,
  options: SnapshotOptions = {},
): Promise<void> {
  const { sql, expected } = mutation
  const snapshot = (): Promise<Snapshot> => snapshotDatabase({ database: target, options })
  await run(target, [sql])
  const changed = await snapshot()
  const diff = diffSnapshots(reference, changed)
  assert.deepEqual(describe(diff), [expected], sql)
  const catalogue = await openCatalogueOf(target)
  const plan = planMigration({ reference, target: changed, diff, catalogue })
  const written = writeChangelog(plan, { format: 'sql', author: 'test' })
  assert.deepEqual(
    written.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
    sql,
  )
  if (mutation.isStuck === true) {
    assert.ok(
      plan.diagnostics.some(({ code }) => code === 'DIFF_NOT_EXPRESSIBLE'),
      sql,
    )
    return
  }
  const forward = plan.steps.map(({ statements }) => statements)
  assert.ok(forward.length > 0, sql)
  const assertDone = async (): Promise<void> => {
    const now = diffSnapshots(reference, await snapshot())
    assert.equal(renderDiff(now), 'There are no differences.', `${sql}\n${written.text}`)
  }
  for (const statements of forward) await run(target, statements, `${sql}\n${written.text}`)
  await assertDone()
  const back = plan.steps.map(({ rollback }) => rollback)
  if (!withRollback || back.some((statements) => statements === undefined)) return
  for (const statements of back.reverse()) await run(target, statements ?? [], `${sql}\n${written.text}`)
  const again = diffSnapshots(changed, await snapshot())
  assert.equal(renderDiff(again), 'There are no differences.', `rolled back: ${sql}\n${written.text}`)
  for (const statements of forward) await run(target, statements)
}

function describe({ missing, unexpected, changed }: SnapshotDiff): readonly string[] {
  return [
    ...missing.map(({ object }) => `missing ${object.type} ${objectName(object)}`),
    ...unexpected.map(({ object }) => `unexpected ${object.type} ${objectName(object)}`),
    ...changed.map(
      ({ reference, differences }) =>
        `changed ${reference.type} ${objectName(reference)}: ${differences.map(({ property }) => property).join(', ')}`,
    ),
  ]
}

async function run(database: Database, statements: readonly string[], context = ''): Promise<void> {
  try {
    for (const statement of statements) await database.execute(statement)
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${context}`, { cause: error })
  }
}
