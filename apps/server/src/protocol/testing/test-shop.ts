import { scaleTimings, defaultTimings, type Logger, silentLogger, type Timings } from '@sluice/base'
import { type ExecutionView } from '@sluice/contract'
import { waitFor } from '@sluice/testkit'
import { openTestServer, type TestServer } from '../../test-server.ts'
import { enrolTestDelegate, type TestDelegate } from './test-delegate.ts'

/** A server with a project in which pipelines can run, and the ways to run and watch them. */
export interface TestShop {
  readonly server: TestServer
  readonly url: string
  /** Enrols a delegate that takes anything of the account. */
  delegate(options?: {
    readonly name?: string
    readonly tags?: readonly string[]
    readonly approve?: boolean
  }): Promise<TestDelegate>
  /** Stores a pipeline of these step groups, one after another, and runs it. */
  run(groups: readonly GroupYaml[], options?: { readonly identifier?: string }): Promise<string>
  view(executionId: string): Promise<ExecutionView>
  /** Waits until the execution is in this state. */
  until(executionId: string, state: ExecutionView['state']): Promise<ExecutionView>
  /** Waits until the only step, or the one with this identifier, is in this state. */
  untilStep(executionId: string, state: string, identifier?: string): Promise<StepOf>
}

export type StepOf = Extract<
  Extract<ExecutionView['stages'][number]['nodes'][number], { kind: 'stepGroup' }>['nodes'][number],
  { kind: 'step' }
>

export interface GroupYaml {
  readonly identifier?: string
  readonly selectors?: readonly string[]
  /** DB instances, one apply step each. */
  readonly steps: readonly string[]
  readonly timeout?: string
}

interface TestScope {
  after(work: () => Promise<void>): void
}

/** Fast enough for tests, slow enough for a busy machine. */
export const shopTimings: Timings = {
  ...scaleTimings(defaultTimings, 40),
  // A busy machine must not look like a lost delegate; tests of losing one take their own.
  offerMs: 5_000,
  leaseMs: 20_000,
  leaseGraceMs: 20_000,
  accessTokenMs: 60_000,
  queueTimeoutMs: 20_000,
  targetWaitMs: 20_000,
  pollHoldMs: 2_000,
}

export async function openTestShop(
  scope: TestScope,
  options: { readonly timings?: Timings; readonly logger?: Logger } = {},
): Promise<TestShop> {
  const server = await openTestServer(scope, { timings: options.timings ?? shopTimings, logger: options.logger ?? silentLogger })
  await fillShop(server)
  let pipelines = 0
  const view = async (executionId: string): Promise<ExecutionView> => {
    const { status, body } = await server.call('GET', `/api/v1/executions/${executionId}`)
    if (status !== 200) throw new Error(`Reading the execution answered ${String(status)}.`)
    return body as ExecutionView
  }
  return {
    server,
    url: server.url,
    async delegate({ name, tags, approve = false } = {}) {
      const { body } = await server.call('POST', '/api/v1/delegate-tokens', { body: { approve } })
      const { token } = body as { token: string }
      return enrolTestDelegate(server.url, {
        token,
        ...(name === undefined ? {} : { name }),
        ...(tags === undefined ? {} : { tags }),
      })
    },
    async run(groups, { identifier } = {}) {
      pipelines += 1
      const name = identifier ?? `p${String(pipelines)}`
      await create(server, 'pipelines', { identifier: name, yaml: pipelineYaml(name, groups) })
      const { status, body } = await server.call('POST', '/api/v1/executions', { body: { pipelineIdentifier: name } })
      if (status !== 201) throw new Error(`Running answered ${String(status)}: ${JSON.stringify(body)}`)
      return (body as { id: string }).id
    },
    view,
    until: (executionId, state) =>
      waitFor(
        async () => {
          const seen = await view(executionId)
          return seen.state === state ? seen : undefined
        },
        { timeoutMs: 20_000 },
      ),
    untilStep: (executionId, state, identifier) =>
      waitFor(
        async () => {
          const step = stepsOf(await view(executionId)).find(
            (candidate) => identifier === undefined || candidate.identifier === identifier,
          )
          return step?.state === state ? step : undefined
        },
        { timeoutMs: 20_000 },
      ),
  }
}

export function stepsOf(view: ExecutionView): StepOf[] {
  return view.stages
    .flatMap((stage) => stage.nodes)
    .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
    .flatMap((group) => group.nodes)
    .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
}

/** Instances `dev`, `dev2` (the same database under another name) and `prod`; passwords come from the delegate's environment. */
async function fillShop(server: TestServer): Promise<void> {
  await create(server, 'secrets', { identifier: 'pw', ...place, spec: { provider: 'env', variable: 'SHOP_PASSWORD' } })
  await create(server, 'connectors', {
    identifier: 'repo',
    ...place,
    type: 'Git',
    spec: { url: 'https://git.example.com/shop.git' },
  })
  const databases = {
    dev: 'jdbc:postgresql://db1/shop',
    dev2: 'postgres://DB1:5432/shop?ssl=true',
    prod: 'jdbc:postgresql://db2/shop',
  }
  for (const [name, connectionUrl] of Object.entries(databases)) {
    await create(server, 'connectors', {
      identifier: `${name}_db`,
      ...place,
      type: 'Jdbc',
      spec: { connectionUrl, auth: { type: 'UsernamePassword', spec: { username: 'shop', passwordRef: 'pw' } } },
    })
  }
  await create(server, 'db-schemas', {
    identifier: 'shop',
    migrationType: 'Liquibase',
    changelog: { connector: 'repo', location: 'db.yaml' },
  })
  for (const name of Object.keys(databases)) {
    await create(server, 'db-instances', { identifier: name, dbSchema: 'shop', connector: `${name}_db`, branch: 'main' })
  }
}

const place = { orgIdentifier: 'default', projectIdentifier: 'default' }

export async function create(server: TestServer, path: string, body: object): Promise<void> {
  const { status, body: answer } = await server.call('POST', `/api/v1/${path}`, { body })
  if (status !== 201) throw new Error(`Creating one of the ${path} answered ${String(status)}: ${JSON.stringify(answer)}`)
}

export function pipelineYaml(identifier: string, groups: readonly GroupYaml[]): string {
  const stepYaml = (instance: string, index: number, timeout: string): string =>
    `{step: {identifier: s${String(index + 1)}, type: DBSchemaApply, timeout: ${timeout}, spec: {dbSchema: shop, dbInstance: ${instance}}}}`
  const groupYaml = (group: GroupYaml, index: number): string => {
    const selectors = group.selectors === undefined ? '' : `, delegateSelectors: [${group.selectors.join(', ')}]`
    const steps = group.steps.map((step, place) => stepYaml(step, place, group.timeout ?? '10m')).join(', ')
    return `              - stepGroup: {identifier: ${group.identifier ?? `g${String(index + 1)}`}${selectors}, steps: [${steps}]}`
  }
  return `pipeline:
  identifier: ${identifier}
  name: ${identifier}
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
${groups.map(groupYaml).join('\n')}
`
}
