import { executionIds } from './fake-data.ts'
import type { SceneBuilder } from './scene-builder.ts'

/** Executions that somebody waits for: one runs, one is queued, one is Unknown. */
export function addOpenScenes({
  data,
  at,
  step,
  group,
  add,
  applied,
  attempt,
  stage,
  shop,
  pendingProduction,
}: SceneBuilder): void {
  // Running: the second stage is in the middle of its changesets.
  {
    const exe = executionIds.running
    const live = applied(exe, 'staging', 'shop_staging', 6, {})
    const { endedAt: _endedAt, outputs: _outputs, ...rest } = live
    const stream = live.log?.stream ?? ''
    const whole = data.logs.get(stream)?.text ?? ''
    const text = whole.slice(0, whole.indexOf('[5/6]'))
    data.logs.set(stream, { text, sealed: false })
    data.changesets.set(live.stepRunId, data.changesets.get(live.stepRunId)?.slice(0, 4) ?? [])
    add({
      id: exe,
      ...shop,
      sequence: 15,
      state: 'Running',
      triggeredBy: 'grace',
      startedAt: at(14),
      inputs: { release: 'v8' },
      stages: [
        stage('dev', 'Development', 'Succeeded', [
          group('dev_database', { state: 'Succeeded', attempt: attempt(), nodes: [applied(exe, 'dev', 'shop_dev', 13)] }),
        ]),
        stage('staging', 'Staging', 'Running', [
          group('staging_database', {
            state: 'Running',
            attempt: attempt('running'),
            nodes: [
              {
                ...rest,
                state: 'Running',
                counts: { planned: 6, applied: 4, rolledBack: 0, failed: 0 },
                permit: { permitId: 'pmt_2', fence: 42, grantedAt: at(4), open: true },
                log: { stream, length: Buffer.byteLength(text), sealed: false, gaps: 0 },
              },
            ],
          }),
        ]),
        pendingProduction(exe, 'Pending'),
      ],
    })
  }

  // Unknown: the runner vanished while it held a permit.
  {
    const exe = executionIds.unknown
    const lost = applied(exe, 'production', 'shop_production', 620)
    const { outputs: _outputs, ...rest } = lost
    add({
      id: exe,
      ...shop,
      sequence: 14,
      state: 'Unknown',
      triggeredBy: 'schedule nightly',
      startedAt: at(640),
      notes: ['The step group was placed a second time after its first delegate did not answer.'],
      stages: [
        stage('production', 'Production', 'Unknown', [
          group('production_database', {
            state: 'Unknown',
            attempt: { ...attempt('ended'), number: 2, contact: 'lost' },
            nodes: [
              {
                ...rest,
                state: 'Unknown',
                counts: { planned: 6, applied: 5, rolledBack: 0, failed: 0 },
                permit: { permitId: 'pmt_3', fence: 17, grantedAt: at(615), open: true },
                inspection: {
                  state: 'finished',
                  finding: 'allApplied',
                  appliedCount: 6,
                  expectedCount: 6,
                  liveSessions: 0,
                  lockHolder: null,
                  at: at(580),
                },
              },
            ],
          }),
        ]),
      ],
    })
    data.targets = [
      {
        targetKey: 'postgresql://db-dev.example.internal:5432/shop',
        state: 'free',
        fence: 40,
        dbInstances: [{ orgIdentifier: 'default', projectIdentifier: 'default', identifier: 'shop_dev' }],
      },
      {
        targetKey: 'postgresql://db-production.example.internal:5432/shop',
        state: 'blocked',
        fence: 17,
        dbInstances: [
          { orgIdentifier: 'default', projectIdentifier: 'default', identifier: 'shop_production' },
          { orgIdentifier: 'default', projectIdentifier: 'reports', identifier: 'shop_readonly' },
        ],
        holder: {
          executionId: exe,
          stepRunId: lost.stepRunId,
          stepPath: lost.path,
          pipelineIdentifier: 'deploy_shop',
          since: at(615),
          stepState: 'unknown',
        },
        hint: `sluice execution resolve ${exe} ${lost.path} --as succeeded|failed|not-started --reason "…"`,
      },
      {
        targetKey: 'postgresql://db-staging.example.internal:5432/shop',
        state: 'busy',
        fence: 42,
        dbInstances: [{ orgIdentifier: 'default', projectIdentifier: 'default', identifier: 'shop_staging' }],
        holder: {
          executionId: executionIds.running,
          stepRunId: 'srun_x',
          stepPath: 'staging/database/apply',
          pipelineIdentifier: 'deploy_shop',
          since: at(4),
          stepState: 'permitted',
        },
      },
    ]
  }

  // Queued: no delegate has the tag.
  {
    const exe = executionIds.queued
    add({
      id: exe,
      pipelineIdentifier: 'deploy_billing',
      pipelineName: 'Deploy billing',
      sequence: 3,
      state: 'Running',
      triggeredBy: 'grace',
      startedAt: at(190),
      stages: [
        stage('eu', 'Europe', 'Running', [
          group('eu_database', {
            state: 'Queued',
            nodes: [step(exe, 'eu/database/apply', { name: 'Apply to Europe', dbInstance: 'billing_eu' })],
          }),
        ]),
      ],
    })
    data.selections.set(exe, {
      tasks: [
        {
          taskId: 'tsk_1',
          groupPath: 'eu/database',
          state: 'queued',
          queuedForMs: 188_000,
          selectors: ['eu', 'billing'],
          delegates: [
            { name: 'dc-frankfurt', fits: false, reasons: ['It lacks the tag "billing".'] },
            {
              name: 'dc-paris',
              fits: false,
              reasons: ['It is disconnected: not heard of for 10800 s.', 'It is not approved to receive sealed secrets.'],
            },
          ],
          message: 'None of the 2 delegates can take it.',
        },
      ],
    })
  }
}
