import { execFileSync } from 'node:child_process'
import { equal } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type FaultProxy,
  openFaultProxy,
  requireOrSkip,
  skipWithoutKube,
  type TestAccount,
  type TestKube,
  waitFor,
} from '@sluice/testkit'
import { findApiServer, skipWithoutNode } from '../support/cluster-node.ts'
import { type CrashCase, type CrashLab, openCrashLab } from '../support/crash-lab.ts'

const isFull = process.env['SLUICE_TEST_FULL'] === '1'
/** A command that starts the parts of the cluster which do not run, for the test that kills its API server. */
const clusterUp = process.env['SLUICE_TEST_KUBE_UP']
const awayMs = isFull ? 20_000 : 8_000

describe('without what a step group depends on', { skip: skipWithoutKube() || skipWithoutNode() }, () => {
  let crash: CrashLab
  let proxy: FaultProxy | undefined

  /** The delegate reaches the API server through a proxy, so that it can lose it alone. */
  const throughProxy = async (kube: TestKube, namespace: string): Promise<TestAccount> => {
    const account = await kube.delegateAccount(namespace)
    const { hostname, port } = new URL(kube.admin.origin)
    proxy = await openFaultProxy({ target: `tcp://${hostname}:${port === '' ? '443' : port}`, seed: 1 })
    const config = readFileSync(account.kubeconfig, 'utf8')
    const kubeconfig = `${account.kubeconfig}-through-proxy`
    writeFileSync(kubeconfig, config.replaceAll(kube.admin.origin, `https://127.0.0.1:${String(proxy.port)}`), { mode: 0o600 })
    return { ...account, kubeconfig }
  }

  before(async () => {
    crash = await openCrashLab({ account: throughProxy })
  })
  after(async () => {
    await crash?.[Symbol.asyncDispose]()
    await proxy?.close()
  })

  const finishesOnce = async (work: CrashCase, { id, row }: { id: string; row: number }): Promise<void> => {
    const view = await crash.lab.installation.waitForExecution(id, { timeoutMs: 180_000 })
    equal(view.state, 'Succeeded', crash.describe(view))
    equal(await work.rows(row), 1)
    await crash.waitUntilClean()
  }
  /** Something is away while one step runs and another group is to be placed; both come to their end once. */
  const passes = async (lose: () => Promise<() => Promise<void>>, forMs = awayMs): Promise<void> => {
    const cases = [await crash.openCase({ sleepSeconds: 4 }), await crash.openCase({ sleepSeconds: 0 })] as const
    const running = await cases[0].start()
    await waitFor(() => cases[0].isSleeping(), { timeoutMs: 60_000, what: 'the change' })
    const bringBack = await lose()
    let placed: Awaited<ReturnType<CrashCase['start']>>
    try {
      placed = await cases[1].start()
      await delay(forMs)
    } finally {
      await bringBack()
    }
    await Promise.all([finishesOnce(cases[0], running), finishesOnce(cases[1], placed)])
  }

  it('an API server that does not answer the delegate delays work and loses none', () =>
    passes(async () => {
      proxy?.freeze()
      return async () => proxy?.thaw()
    }))

  it('an API server that takes no connections from the delegate delays work and loses none', () =>
    passes(async () => {
      proxy?.goDown()
      return async () => proxy?.comeUp()
      // Longer than a few tries of one call, and than the three placements that a group has.
    }, 20_000))

  it('a control plane that is killed and away for longer than a lease loses nothing of what runs in pods', async () => {
    const { installation } = crash.lab
    const work = await crash.openCase({ sleepSeconds: 4 })
    const running = await work.start()
    await waitFor(() => work.isSleeping(), { timeoutMs: 60_000, what: 'the change' })
    await installation.server.kill('SIGKILL')
    // A lease is 60 s, divided by the 4 of this lab.
    await delay(isFull ? 60_000 : 16_000)
    equal(await work.rows(running.row), 1, 'the runner went on')
    await installation.startServer()
    await finishesOnce(work, running)
  })

  // Everybody's cluster stands still meanwhile.
  if (!isFull) return
  const stopApiServer = (signal: NodeJS.Signals): number => {
    const pid = findApiServer(new URL(crash.lab.kube.admin.origin).port)
    if (pid === undefined) throw new Error('The API server is none of this machine’s processes.')
    process.kill(pid, signal)
    return pid
  }

  it('an API server that stands still for 20 s', () =>
    passes(async () => {
      const pid = stopApiServer('SIGSTOP')
      return async () => void process.kill(pid, 'SIGCONT')
    }))

  it(
    'an API server that is killed and comes back after 20 s',
    { skip: requireOrSkip('SLUICE_TEST_KUBE_UP', clusterUp !== undefined) },
    () =>
      passes(async () => {
        stopApiServer('SIGKILL')
        return async () => void execFileSync(clusterUp ?? '', { stdio: 'pipe', timeout: 120_000 })
      }),
  )
})
