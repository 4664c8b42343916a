import type {
  changesetView,
  DelegateView,
  ExecutionSummary,
  ExecutionView,
  selectionTrace,
  StepView,
  targetView,
} from '@sluice/contract'
import type { z } from 'zod'

type Changeset = z.output<typeof changesetView>
type Stage = ExecutionView['stages'][number]
type Group = Extract<Stage['nodes'][number], { kind: 'stepGroup' }>

/** Everything that the fake control plane knows. */
export interface FakeData {
  readonly executions: Map<string, ExecutionView>
  readonly changesets: Map<string, Changeset[]>
  /** Text of each log stream, and whether it is complete. */
  readonly logs: Map<string, { text: string; sealed: boolean }>
  readonly selections: Map<string, z.output<typeof selectionTrace>>
  delegates: DelegateView[]
  targets: z.output<typeof targetView>[]
}

/** Ids of the executions, named for what each shows. */
export const executionIds = {
  running: id(9),
  unknown: id(8),
  queued: id(7),
  failed: id(6),
  succeeded: id(5),
  parallel: id(4),
  cancelled: id(3),
  bigLog: id(2),
} as const

function id(number: number): string {
  return `exe_01jzz0000${String(number)}${'0'.repeat(16)}`
}

const commit = '4be1c0de4d3a5a0f6f6e6a6bd0e8f6b1c2d3e4f5'
const files = [
  ['catalogue/10-products.yaml', 'products', 'create table products'],
  ['catalogue/10-products.yaml', 'product-names', 'create index product_names'],
  ['catalogue/20-stock.sql', 'stock', ''],
  ['customers/customers.sql', 'customers', ''],
  ['orders/orders.yaml', 'orders', 'create table orders; add foreign key'],
  ['orders/reports.sql', 'monthly-revenue', ''],
] as const

/** A control plane in which something of everything has just happened. */
export function createFakeData(now: number = Date.now()): FakeData {
  const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString()
  const data: FakeData = {
    executions: new Map(),
    changesets: new Map(),
    logs: new Map(),
    selections: new Map(),
    delegates: createDelegates(at),
    targets: [],
  }

  const step = (execution: string, path: string, init: Partial<StepView>): StepView => ({
    kind: 'step',
    stepRunId: `srun_${execution.slice(4)}_${path}`,
    identifier: path.split('/').at(-1) ?? path,
    name: path,
    path,
    type: 'DBSchemaApply',
    state: 'Pending',
    dbSchema: 'shop',
    ...init,
  })
  const group = (identifier: string, init: Partial<Group> & Pick<Group, 'nodes'>): Group => ({
    kind: 'stepGroup',
    groupId: `grp_${identifier}`,
    identifier,
    name: 'Database',
    implicit: false,
    state: 'Pending',
    ...init,
  })
  const add = (
    execution: Omit<
      ExecutionView,
      'version' | 'orgIdentifier' | 'projectIdentifier' | 'notes' | 'dbInstances' | 'stepCounts' | 'inputs' | 'cancelRequested'
    > &
      Partial<ExecutionView>,
  ): void => {
    const steps = execution.stages.flatMap(stepsOf)
    data.executions.set(execution.id, {
      version: 1,
      orgIdentifier: 'default',
      projectIdentifier: 'default',
      notes: [],
      inputs: {},
      cancelRequested: false,
      dbInstances: [...new Set(steps.flatMap(({ dbInstance }) => (dbInstance === undefined ? [] : [dbInstance])))],
      stepCounts: Object.fromEntries([...Map.groupBy(steps, ({ state }) => state)].map(([state, list]) => [state, list.length])),
      ...execution,
    })
  }
  /** A step that applied the shop's changesets, with its log and its rows. */
  const applied = (
    execution: string,
    stage: string,
    instance: string,
    secondsAgo: number,
    init: Partial<StepView> = {},
  ): StepView => {
    const path = `${stage}/database/apply`
    const made = step(execution, path, {
      name: `Apply to ${stage}`,
      state: 'Succeeded',
      startedAt: at(secondsAgo),
      endedAt: at(secondsAgo - 4.2),
      dbInstance: instance,
      targetKey: `postgresql://db-${stage}.example.internal:5432/shop`,
      commit,
      counts: { planned: files.length, applied: files.length, rolledBack: 0, failed: 0 },
      outputs: { tag: `${stage}-v7`, preStartTag: `${stage}-v6`, changeSets: String(files.length) },
      permit: { permitId: 'pmt_1', fence: 41, grantedAt: at(secondsAgo - 1), open: false },
      ...init,
    })
    const stream = made.stepRunId
    const text = logOf(now - secondsAgo * 1000, instance, files.length)
    data.logs.set(stream, { text, sealed: true })
    data.changesets.set(
      made.stepRunId,
      files.map(([file, changeset, description], index) => ({
        stepRunId: made.stepRunId,
        dbInstance: instance,
        id: changeset,
        author: 'ada',
        path: `db/${file}`,
        state: 'applied',
        durationMs: 12 + index * 37,
        statements: 1 + (index % 3),
        checksum: `9:${'c0ffee11'.repeat(4)}`,
        ...(description === '' ? {} : { description }),
        at: at(secondsAgo - 2 - index / 10),
      })),
    )
    return { ...made, log: { stream, length: Buffer.byteLength(text), sealed: true, gaps: 0 } }
  }
  const attempt = (state = 'ended') =>
    ({
      attemptId: 'att_1',
      number: 1,
      state,
      delegateName: 'dc-frankfurt',
      place: 'pid 4711 on runner-1',
      contact: 'ok',
    }) as const
  const stage = (identifier: string, name: string, state: Stage['state'], nodes: Stage['nodes']): Stage => ({
    identifier,
    name,
    state,
    nodes,
  })
  const shop = { pipelineIdentifier: 'deploy_shop', pipelineName: 'Deploy shop' }
  const pendingProduction = (execution: string, state: StepView['state']): Stage =>
    stage('production', 'Production', state === 'Pending' ? 'Pending' : 'Skipped', [
      group('production_database', {
        state: state === 'Pending' ? 'Pending' : 'Skipped',
        nodes: [
          step(execution, 'production/database/apply', { name: 'Apply to production', state, dbInstance: 'shop_production' }),
          step(execution, 'production/database/undo', {
            name: 'Roll production back',
            type: 'DBSchemaRollback',
            state,
            dbInstance: 'shop_production',
          }),
        ],
      }),
    ])

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
            { name: 'dc-frankfurt', fits: false, reasons: ['has no tag "billing"'] },
            {
              name: 'dc-paris',
              fits: false,
              reasons: ['is not connected since 3 hours', 'is not approved, and the group needs a sealed secret'],
            },
          ],
          message: 'No delegate fits.',
        },
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

  // Groups and steps side by side, an implicit group, long names.
  {
    const exe = executionIds.parallel
    const regions = ['eu_west_frankfurt', 'us_east_virginia', 'ap_south_mumbai']
    add({
      id: exe,
      pipelineIdentifier: 'roll_out_everywhere_after_the_quarterly_review',
      pipelineName: 'Roll out everywhere after the quarterly review of all regional data protection officers',
      sequence: 128,
      state: 'Succeeded',
      triggeredBy: 'webhook push of main by a-person-with-a-long-name@example.com',
      startedAt: at(200_000),
      endedAt: at(193_000),
      stages: [
        stage('canary', 'Canary', 'Succeeded', [
          group('check', {
            implicit: true,
            state: 'Succeeded',
            nodes: [
              step(exe, 'canary/check', {
                name: 'Apply to the canary',
                state: 'Succeeded',
                dbInstance: 'canary',
                startedAt: at(200_000),
                endedAt: at(199_990),
                counts: { planned: 0, applied: 0, rolledBack: 0, failed: 0 },
              }),
            ],
          }),
        ]),
        stage('regions', 'Regions', 'Succeeded', [
          {
            kind: 'parallel',
            nodes: regions.map((region) =>
              group(region, {
                name: region,
                state: 'Succeeded',
                attempt: attempt(),
                nodes: [
                  {
                    kind: 'parallel',
                    nodes: ['orders', 'customers'].map((name) =>
                      step(exe, `regions/${region}/${name}`, {
                        name: `Apply ${name}`,
                        state: 'Succeeded',
                        dbInstance: `${name}_${region}`,
                        startedAt: at(199_900),
                        endedAt: at(193_100),
                        counts: { planned: 3, applied: 3, rolledBack: 0, failed: 0 },
                      }),
                    ),
                  },
                ],
              }),
            ),
          },
        ]),
        stage('cleanup', 'Clean up', 'Succeeded', [
          group('undo', {
            implicit: true,
            state: 'Succeeded',
            nodes: [
              step(exe, 'cleanup/undo', {
                name: 'Roll the canary back',
                type: 'DBSchemaRollback',
                state: 'Succeeded',
                dbInstance: 'canary',
                startedAt: at(193_050),
                endedAt: at(193_040),
                counts: { planned: 2, applied: 0, rolledBack: 2, failed: 0 },
              }),
            ],
          }),
        ]),
      ],
    })
  }

  // A log of many lines.
  {
    const exe = executionIds.bigLog
    const big = applied(exe, 'dev', 'shop_dev', 300_000)
    const stream = big.log?.stream ?? ''
    const lines = Array.from({ length: 30_000 }, (_, index) => `10:00:00.000     insert into numbers values (${String(index)})`)
    const text = `${lines.join('\n')}\n… 5242880 bytes of this log were dropped: it is larger than its limit …\n10:05:00.000 The last line.\n`
    data.logs.set(stream, { text, sealed: true })
    add({
      id: exe,
      pipelineIdentifier: 'load_numbers',
      pipelineName: 'Load numbers',
      sequence: 1,
      state: 'Succeeded',
      triggeredBy: 'ada',
      startedAt: at(300_000),
      endedAt: at(299_000),
      stages: [
        stage('dev', 'Development', 'Succeeded', [
          group('dev_database', {
            state: 'Succeeded',
            nodes: [{ ...big, log: { stream, length: Buffer.byteLength(text), sealed: true, gaps: 1 } }],
          }),
        ]),
      ],
    })
  }
  return data
}

/** The row that the list shows of an execution. */
export function toSummary(view: ExecutionView): ExecutionSummary {
  const { version: _version, inputs: _inputs, failure: _failure, notes: _notes, stages: _stages, ...summary } = view
  return summary
}

export function stepsOf(stage: Stage): StepView[] {
  return stage.nodes
    .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
    .flatMap((group) => group.nodes)
    .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
}

function logOf(startMs: number, instance: string, count: number): string {
  let ms = startMs
  const line = (text: string): string => {
    ms += 37
    return `${new Date(ms).toISOString().slice(11, 23)} ${text}\n`
  }
  const lines = [
    line(`Source shop_git, branch main, commit ${commit}`),
    line('Changelog db/changelog.yaml: 6 changesets in 6 files.'),
    line(`Connecting to ${instance} as shop_owner with password *******`),
    line(`Plan: ${String(count)} to apply, 0 applied already.`),
    line('Permit granted.'),
  ]
  for (const [index, [file, changeset]] of files.slice(0, count).entries()) {
    lines.push(
      line(`[${String(index + 1)}/${String(count)}] Applying db/${file}::${changeset}::ada`),
      line(`    create table ${changeset.replaceAll('-', '_')} (`),
      line('      id bigint generated always as identity primary key,'),
      line('      name text not null'),
      line('    )'),
      line(`    Done in ${String(12 + index * 37)} ms.`),
    )
  }
  lines.push(line(`Tag "v7" set on db/orders/reports.sql::monthly-revenue::ada.`))
  return lines.join('')
}

function createDelegates(at: (secondsAgo: number) => string): DelegateView[] {
  const instance = (name: string, init: Partial<DelegateView['instances'][number]> = {}): DelegateView['instances'][number] => ({
    instanceId: `dli_${name}`,
    name,
    version: '0.1.0',
    health: 'connected',
    lastSeenAt: at(1),
    draining: false,
    free: 4,
    attempts: [],
    ...init,
  })
  const delegate = (name: string, init: Partial<DelegateView>): DelegateView => ({
    id: `dlg_${name}`,
    name,
    scope: {},
    tags: [],
    approved: true,
    revoked: false,
    draining: false,
    health: 'connected',
    keyId: `key_${name}`,
    fingerprint: '3f9a-c21e-77b0-d4e8-91aa-05bc-62fd-e713',
    version: '0.1.0',
    createdAt: at(86_400 * 3),
    instances: [instance(name)],
    ...init,
  })
  return [
    delegate('dc-frankfurt', {
      tags: ['eu', 'production', 'postgresql'],
      instances: [
        instance('runner-1', {
          free: 3,
          attempts: [{ attemptId: 'att_1', executionId: executionIds.running, groupPath: 'staging/database', state: 'running' }],
        }),
        instance('runner-2', { health: 'late', lastSeenAt: at(24) }),
      ],
    }),
    delegate('new-office', { approved: false, createdAt: at(90), tags: ['office'] }),
    delegate('dc-paris', {
      health: 'disconnected',
      tags: ['eu', 'billing'],
      scope: { orgIdentifier: 'default', projectIdentifier: 'billing' },
      instances: [instance('dc-paris', { health: 'disconnected', lastSeenAt: at(10_900), free: 0 })],
    }),
    delegate('old-cluster', { revoked: true, health: 'revoked', instances: [] }),
    delegate('dc-dublin', { draining: true, tags: ['eu'] }),
  ]
}
