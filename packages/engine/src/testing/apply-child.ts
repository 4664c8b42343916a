/**
 * A process of its own that applies a small changelog, for tests that kill it. CHILD_URL names the database; with CHILD_KILL_AT=n it
 * kills itself at its n-th event. Each changeset writes its id into the table `observer`, which has no unique key.
 */
import { openDatabase } from '@sluice/databases'
import { applyPlan } from '../apply.ts'
import { hasPlanErrors } from '../plan.ts'
import { planUpdate } from '../update.ts'
import { observedChangelog } from './observed-changelog.ts'
import type { ObservedKind } from './observed-changelog.ts'

const killAt = Number(process.env['CHILD_KILL_AT'] ?? '0')
const onPartial = process.env['CHILD_ON_PARTIAL'] === 'resume' ? 'resume' : 'stop'
const changelog = observedChangelog((process.env['CHILD_KIND'] ?? 'transactional') as ObservedKind)
const database = await openDatabase({ url: process.env['CHILD_URL'] ?? '', applicationName: `sluice:child:${process.pid}` })
const options = { runId: `run_${process.pid}`, host: 'child (127.0.0.1)', tag: 'done', anchorTag: 'anchor', onPartial } as const
const plan = await planUpdate({ database, changelog, options })
if (hasPlanErrors(plan)) {
  process.stdout.write(`${plan.diagnostics.map((diagnostic) => diagnostic.code).join(' ')}\n`)
  process.exit(3)
}
let events = 0
const report = await applyPlan({
  database,
  changelog,
  plan,
  options,
  onEvent: (event) => {
    events++
    if (events === killAt) process.kill(process.pid, 'SIGKILL')
    process.stdout.write(`${events} ${event.type} ${event.type === 'changesetFinished' ? event.result : ''}\n`)
  },
})
process.stdout.write(`${report.state} ${report.firstError?.message ?? ''}\n`)
await database.close()
process.exitCode = report.state === 'succeeded' ? 0 : 1
