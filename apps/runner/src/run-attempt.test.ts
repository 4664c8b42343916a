import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { defaultTimings, scaleTimings, silentLogger, systemClock } from '@sluice/base'
import { protocolEndpoints, type TaskSpec } from '@sluice/contract'
import { waitFor } from '@sluice/testkit'
import type { AttemptApi } from './attempt-api.ts'
import { openPatience } from './patience.ts'
import { runAttempt } from './run-attempt.ts'
import type { RunnerConfig } from './runner-config.ts'
import { createTestRepository } from './testing/test-repository.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-runner-'))
after(() => rmSync(dir, { recursive: true, force: true }))

const config: RunnerConfig = {
  attemptDir: dir,
  relay: 'unix:/nowhere',
  attemptToken: 'token',
  task: { attemptId: 'att_1', epoch: 1, kind: 'stepGroup', notAfterMs: 20, containers: [], steps: [] } as unknown as TaskSpec,
  timings: scaleTimings(defaultTimings, 10_000),
  relayPin: undefined,
  slotsDir: undefined,
  ticketFile: undefined,
  containersDir: undefined,
  containerRoot: '/sluice',
  allowCommands: false,
}

/** A relay that answers the first calls, in this order, and then is gone for good. */
function apiThatAnswers(...answers: readonly unknown[]): { api: AttemptApi; asked: string[] } {
  const asked: string[] = []
  const left = [...answers]
  const gone = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      const end = (): void => reject(new Error('The relay does not answer.'))
      if (signal.aborted) end()
      else signal.addEventListener('abort', end)
    })
  const api = {
    client: { call: () => Promise.reject(new Error('The relay does not answer.')) },
    sent: Promise.resolve(),
    insist(endpoint: unknown, _input: unknown, signal: AbortSignal) {
      asked.push(endpoint === protocolEndpoints.next ? 'next' : endpoint === protocolEndpoints.complete ? 'complete' : 'other')
      return left.length > 0 ? Promise.resolve(left.shift()) : gone(signal)
    },
  } as unknown as AttemptApi
  return { api, asked }
}

const run = (api: AttemptApi) =>
  runAttempt(config, { api, slots: new Map(), clock: systemClock, logger: silentLogger, shutdown: new AbortController().signal })

describe('a runner whose delegate is gone for good', () => {
  it('ends a while after its life instead of asking for orders for ever', { timeout: 120_000 }, async () => {
    const { api, asked } = apiThatAnswers()
    await rejects(run(api), /does not answer/)
    deepEqual(asked, ['next', 'complete'])
  })

  it('ends a while after its life instead of completing for ever', { timeout: 120_000 }, async () => {
    const { api, asked } = apiThatAnswers({ orders: [], cancels: [], done: true })
    await rejects(run(api), /does not answer/)
    deepEqual(asked, ['next', 'complete'])
  })

  it('keeps outcomes that nobody has taken for a day longer than its life, other things for ten minutes', (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    const patience = openPatience(1000, defaultTimings)
    test.mock.timers.tick(1000 + 600_000 - 1)
    equal(patience.orders.aborted, false)
    test.mock.timers.tick(1)
    deepEqual([patience.orders.aborted, patience.reports.aborted], [true, false])
    test.mock.timers.tick(86_400_000 - 600_000)
    equal(patience.reports.aborted, true)
  })
})

describe('a runner that waits for its first order', () => {
  it('fetches the source of its first step meanwhile', async () => {
    const { git, path: url } = createTestRepository(join(dir, 'repository'))
    git('commit', '--quiet', '--allow-empty', '-m', 'one')
    const source = { type: 'git', url, revision: { kind: 'branch', name: 'main' }, location: '', sourceKey: 'k' }
    const attemptDir = join(dir, 'ahead')
    const isFetched = (): boolean => globSync(join(attemptDir, 'work/sources/*/.git/FETCH_HEAD')).length === 1
    let fetchedFirst = false
    const api = {
      client: { call: () => Promise.reject(new Error('The relay does not answer.')) },
      sent: Promise.resolve(),
      async insist(endpoint: unknown) {
        if (endpoint !== protocolEndpoints.next) return {}
        await waitFor(isFetched)
        fetchedFirst = true
        return { orders: [], cancels: [], done: true }
      },
    } as unknown as AttemptApi
    const end = await runAttempt(
      {
        ...config,
        attemptDir,
        task: {
          ...config.task,
          notAfterMs: 60_000,
          steps: [{ kind: 'database', stepRunId: 's', source }],
        } as unknown as TaskSpec,
      },
      { api, slots: new Map(), clock: systemClock, logger: silentLogger, shutdown: new AbortController().signal },
    )
    equal(end, 'completed')
    ok(fetchedFirst)
  })
})
