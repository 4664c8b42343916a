import { equal, match } from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutKube, waitFor } from '@sluice/testkit'
import { type ContainerKill, containerKills, skipWithoutNode } from '../support/cluster-node.ts'
import { type CrashCase, type CrashLab, openCrashLab, resolveByInspection } from '../support/crash-lab.ts'
import { stepsOf } from '../support/execution-steps.ts'

const isFull = process.env['SLUICE_TEST_FULL'] === '1'

/** When a runner is lost, and how: each pair in a full run. */
type Moment = 'before its first step' | 'before its permit' | 'between permit and first statement' | 'in the middle of a change'
const sample: Readonly<Record<Moment, readonly ContainerKill[]>> = {
  'before its first step': ['taskDeleted'],
  'before its permit': ['process'],
  'between permit and first statement': ['runtimeKill'],
  'in the middle of a change': [],
}
const kills = Object.keys(containerKills) as ContainerKill[]
const killsOf = (moment: Moment): readonly ContainerKill[] => (isFull ? kills : sample[moment])

describe('after the loss of a runner', { skip: skipWithoutKube() || skipWithoutNode() }, () => {
  let crash: CrashLab

  before(async () => {
    crash = await openCrashLab()
  })
  after(() => crash?.[Symbol.asyncDispose]())

  const isRunning = async (id: string): Promise<boolean> => {
    const [step] = stepsOf(await crash.lab.installation.getExecution(id))
    return step?.state === 'Running'
  }
  const hasPermit = async (id: string): Promise<boolean> => {
    const [step] = stepsOf(await crash.lab.installation.getExecution(id))
    return step?.permit?.open === true
  }
  const kill = async (id: string, how: ContainerKill): Promise<void> => containerKills[how](await crash.container(id))
  /** The same work again, with nothing in its way: each change is there exactly once at the end. */
  const runsAgain = async (work: CrashCase, rows: number): Promise<void> => {
    const { id, row } = await work.start()
    const view = await crash.lab.installation.waitForExecution(id, { timeoutMs: 120_000 })
    equal(view.state, 'Succeeded', crash.describe(view))
    for (let n = 1; n <= row; n++) equal(await work.rows(n), 1, `row ${String(n)} of ${String(rows)}`)
  }

  for (const how of killsOf('before its first step')) {
    it(`before its first step (${how}) the work is placed again and done once`, async () => {
      const { installation } = crash.lab
      const work = await crash.openCase({ sleepSeconds: 0 })
      const { id, row } = await work.start()
      await waitFor(() => crash.pod(id), { timeoutMs: 60_000, intervalMs: 5, what: 'the pod' })
      // A delegate that does not answer keeps the runner from its first order, for less than a lease.
      const { pid = 0 } = installation.delegate ?? {}
      process.kill(pid, 'SIGSTOP')
      try {
        await kill(id, how)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      const view = await installation.waitForExecution(id, { timeoutMs: 120_000 })
      equal(view.state, 'Succeeded', crash.describe(view))
      equal(await work.rows(row), 1)
    })
  }

  for (const how of killsOf('before its permit')) {
    it(`before its permit (${how}) the step fails with the reason and nothing is changed`, async () => {
      const work = await crash.openCase({ sleepSeconds: 0 })
      // Planning reads the history.
      const letGo = await work.hold('databasechangelog')
      const { id, row } = await work.start()
      await waitFor(async () => (await work.isWaiting()) && (await isRunning(id)), { timeoutMs: 60_000, what: 'the plan' })
      equal(await hasPermit(id), false)
      await kill(id, how)
      const view = await crash.lab.installation.waitForExecution(id, { timeoutMs: 60_000 })
      await letGo()
      equal(view.state, 'Failed', crash.describe(view))
      const [step] = stepsOf(view)
      equal(step?.failure?.kind, 'infrastructure')
      match(step?.failure?.message ?? '', /runner/)
      equal(await work.rows(row), 0)
      await runsAgain(work, 2)
    })
  }

  for (const moment of ['between permit and first statement', 'in the middle of a change'] as const) {
    for (const how of killsOf(moment)) {
      it(`${moment} (${how}) the step is Unknown with the reason, and what is there is found out`, async () => {
        const { installation } = crash.lab
        const isEarly = moment === 'between permit and first statement'
        const work = await crash.openCase({ sleepSeconds: isEarly ? 0 : 4 })
        // The engine's first write is its lock.
        const letGo = isEarly ? await work.hold('databasechangeloglock') : undefined
        const { id, row } = await work.start()
        const isThere = async (): Promise<boolean> =>
          (await (isEarly ? work.isWaiting() : work.isSleeping())) && (await hasPermit(id))
        await waitFor(isThere, { timeoutMs: 60_000, what: moment })
        await kill(id, how)
        const view = await installation.waitForExecution(id, { timeoutMs: 75_000 })
        await letGo?.()
        equal(view.state, 'Unknown', crash.describe(view))
        match(stepsOf(view)[0]?.failure?.code ?? '', /^RUNNER_(KILLED|MISSING)$/, crash.describe(view))
        const { inspection } = await resolveByInspection(crash, id)
        // What the runner was doing in one transaction is there whole or not at all.
        const isApplied = inspection?.finding === 'allApplied'
        match(inspection?.finding ?? '', /^(noneApplied|allApplied)$/)
        equal(await work.rows(row), isApplied ? 1 : 0)
        await runsAgain(work, 2)
      })
    }
  }

  it('in the middle of a change with its whole pod, at once, the step is no success and says what became of the pod', async () => {
    const { installation, kube, namespace } = crash.lab
    const work = await crash.openCase({ sleepSeconds: 4 })
    const { id } = await work.start()
    await waitFor(() => work.isSleeping(), { timeoutMs: 60_000, what: 'the change' })
    const name = (await crash.pod(id))?.metadata.name ?? ''
    await kube.admin.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, { body: { gracePeriodSeconds: 0 } })
    const view = await installation.waitForExecution(id, { timeoutMs: 75_000 })
    match(view.state, /^(Failed|Unknown)$/, crash.describe(view))
    const failure = stepsOf(view)[0]?.failure
    match(`${failure?.code ?? ''} ${failure?.message ?? ''}`, /^RUNNER_\w+ .*deleted/, crash.describe(view))
  })

  it('nothing of any of it is left', () => crash.waitUntilClean())
})
