import { type Changeset, executionIds } from './fake-data.ts'
import type { SceneBuilder } from './scene-builder.ts'

/** Executions that are over: one that succeeded, one that failed, one that was cancelled. */
export function addFinishedScenes({
  data,
  at,
  step,
  group,
  add,
  applied,
  attempt,
  stage,
  pendingProduction,
  shop,
}: SceneBuilder): void {
  // Succeeded.
  {
    const exe = executionIds.succeeded
    add({
      id: exe,
      ...shop,
      sequence: 11,
      state: 'Succeeded',
      triggeredBy: 'ada',
      startedAt: at(9900),
      endedAt: at(9872),
      inputs: { release: 'v7' },
      stages: ['dev', 'staging', 'production'].map((name, index) =>
        stage(name, { dev: 'Development', staging: 'Staging', production: 'Production' }[name] ?? name, 'Succeeded', [
          group(`${name}_database`, {
            state: 'Succeeded',
            attempt: attempt(),
            nodes: [
              applied(exe, name, `shop_${name}`, 9898 - index * 8),
              ...(name === 'production'
                ? [
                    step(exe, 'production/database/undo', {
                      name: 'Roll production back',
                      type: 'DBSchemaRollback',
                      state: 'Skipped',
                      reason: 'Step "undo" runs only after a failure, and nothing failed before it.',
                      dbInstance: 'shop_production',
                    }),
                  ]
                : []),
            ],
          }),
        ]),
      ),
    })
  }

  // Failed in staging; production was not reached.
  {
    const exe = executionIds.failed
    const failure = {
      kind: 'step',
      code: 'CHANGESET_FAILED',
      message:
        'Changeset db/orders/orders.yaml::orders::ada failed on "shop_staging": relation "customers" does not exist (orders.yaml:14)',
      hint: 'Nothing of it was applied. Correct the changeset in Git and run the pipeline again; what was applied before it stays.',
    }
    const broken = applied(exe, 'staging', 'shop_staging', 7300)
    const { outputs: _outputs, ...rest } = broken
    const rows = data.changesets.get(broken.stepRunId) ?? []
    data.changesets.set(broken.stepRunId, [
      ...rows.slice(0, 4),
      { ...(rows[4] as Changeset), state: 'failed', durationMs: 3, message: 'ERROR: relation "customers" does not exist' },
    ])
    const stream = broken.log?.stream ?? ''
    const whole = data.logs.get(stream)?.text ?? ''
    const head = whole.slice(0, whole.indexOf('[6/6]') - 13)
    data.logs.set(stream, {
      text: `${head}09:12:31.480     Failed after 3 ms: relation "customers" does not exist (orders.yaml:14)\n09:12:31.481     Hint: the table is made in customers.sql, which the context "staging" leaves out.\n`,
      sealed: true,
    })
    add({
      id: exe,
      ...shop,
      sequence: 12,
      state: 'Failed',
      triggeredBy: 'ada',
      startedAt: at(7320),
      endedAt: at(7296),
      failure,
      stages: [
        stage('dev', 'Development', 'Succeeded', [
          group('dev_database', { state: 'Succeeded', attempt: attempt(), nodes: [applied(exe, 'dev', 'shop_dev', 7312)] }),
        ]),
        stage('staging', 'Staging', 'Failed', [
          group('staging_database', {
            state: 'Failed',
            attempt: attempt(),
            nodes: [{ ...rest, state: 'Failed', failure, counts: { planned: 6, applied: 4, rolledBack: 0, failed: 1 } }],
          }),
        ]),
        pendingProduction(exe, 'Skipped'),
      ],
    })
  }

  // Cancelled.
  {
    const exe = executionIds.cancelled
    add({
      id: exe,
      ...shop,
      sequence: 10,
      state: 'Cancelled',
      triggeredBy: 'ada',
      cancelRequested: true,
      startedAt: at(90_000),
      endedAt: at(89_990),
      stages: [
        stage('dev', 'Development', 'Cancelled', [
          group('dev_database', {
            state: 'Cancelled',
            nodes: [step(exe, 'dev/database/apply', { name: 'Apply to dev', state: 'Cancelled', dbInstance: 'shop_dev' })],
          }),
        ]),
      ],
    })
  }
}
