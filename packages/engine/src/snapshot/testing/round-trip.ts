import assert from 'node:assert/strict'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import { applyPlan } from '../../apply.ts'
import type { Database } from '../../database.ts'
import { hasPlanErrors } from '../../plan.ts'
import { planUpdate } from '../../update.ts'
import type { ChangelogPlan } from '../changelog-plan.ts'
import { diffSnapshots } from '../diff.ts'
import type { Snapshot } from '../model.ts'
import { planCreation } from '../plan-creation.ts'
import { renderDiff } from '../snapshot-text.ts'
import { snapshotDatabase } from '../take-snapshot.ts'
import type { SnapshotOptions } from '../take-snapshot.ts'
import { writeChangelog } from '../write-changelog.ts'
import type { WrittenFormat } from '../written.ts'

/** Writes a plan as a changelog and applies it, as a user would. Gives the text. */
export async function applyWritten(database: Database, plan: ChangelogPlan, format: WrittenFormat = 'sql'): Promise<string> {
  const written = writeChangelog(plan, { format, author: 'test' })
  assert.deepEqual(
    written.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
    written.text,
  )
  if (plan.steps.length === 0) return written.text
  const path = `changelog.${format}`
  const { changelog, diagnostics } = parseChangelog(path, createMemoryTree({ [path]: written.text }), { dbms: plan.product })
  assert.ok(changelog, JSON.stringify(diagnostics))
  const options = { runId: 'run_test', host: 'host (127.0.0.1)' }
  const update = await planUpdate({ database, changelog })
  assert.ok(!hasPlanErrors(update), JSON.stringify(update.diagnostics))
  const report = await applyPlan({ database, changelog, plan: update, options })
  const failure = report.firstError
  assert.equal(report.state, 'succeeded', `${failure?.message ?? ''}\n${failure?.sql ?? ''}`)
  return written.text
}

/** Snapshot of one database, applied to an empty one: the second snapshot has to be the first. Gives the first. */
export async function assertRoundTrip(
  source: Database,
  empty: Database,
  options: SnapshotOptions & { readonly format?: WrittenFormat } = {},
): Promise<Snapshot> {
  const snapshot = await snapshotDatabase({ database: source, options })
  const text = await applyWritten(empty, planCreation(snapshot), options.format)
  const again = await snapshotDatabase({ database: empty, options })
  const diff = diffSnapshots(snapshot, again)
  assert.equal(renderDiff(diff), 'There are no differences.', text)
  return snapshot
}
