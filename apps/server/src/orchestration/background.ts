import {
  deleteOldExecutions,
  expireOffers,
  failInspection,
  inTransaction,
  isDatabaseUnavailable,
  judgeLeases,
  listStaleInspections,
  readSettings,
  sweepExpired,
  withdrawInspections,
} from '@sluice/store'
import type { OrchestrationDeps } from './deps.ts'
import { createHealthGate } from './health-gate.ts'

/** What is looked after now and then: offers, leases, inspections that nobody took, what is only kept for a while. */
export interface Background {
  start(): void
  stop(): Promise<void>
}

/** Rounds between two sweeps of what has expired, and of what is older than its retention. */
const sweepRounds = 12
const executionsDeletedAtOnce = 20

/** Several servers may run it side by side: each round is a few statements that skip what another one is at. */
export function createBackground(deps: OrchestrationDeps): Background {
  const { store, timings, logger, clock } = deps
  const gate = createHealthGate({ clock, timings })
  let timer: NodeJS.Timeout | undefined
  let offersTimer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = true
  let round = 0

  const guard = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      const facts = { what, error: error instanceof Error ? error.message : String(error) }
      if (isDatabaseUnavailable(error)) logger.warn(facts, 'the database is away; background work is put off')
      else logger.error({ ...facts, error }, 'background work failed')
    }
  }

  const judge = async (): Promise<void> => {
    if (!gate.isOpen) return
    for (const judgement of await judgeLeases(store.pool, clock.now())) logger.warn({ ...judgement }, 'an attempt was judged')
  }

  const runRound = async (): Promise<void> => {
    await gate.check(() => store.pool.query('select 1'))
    await guard('judge leases', judge)
    await guard('give up inspections', () => giveUpInspections(deps))
    if (round % sweepRounds === 0) {
      await guard('sweep', () => sweepExpired(store.pool))
      await guard('retention', async () => {
        const { executionRetentionDays } = await readSettings(store.db)
        const deleted = await deleteOldExecutions(store.pool, executionRetentionDays, executionsDeletedAtOnce)
        if (deleted > 0) logger.info({ deleted }, 'old executions were deleted')
      })
    }
    round += 1
  }

  const loop = (): void => {
    running = runRound().finally(() => {
      if (!stopped) timer = setTimeout(loop, timings.sweepEveryMs)
    })
  }
  // Offers are short: a delegate that died with one in its hands holds its task up no longer than this.
  const expire = (): void => {
    void guard('expire offers', () => inTransaction(store.pool, (connection) => expireOffers(connection, logger))).then(() => {
      if (!stopped) offersTimer = setTimeout(expire, Math.max(1, timings.offerMs / 5))
    })
  }

  return {
    start() {
      stopped = false
      loop()
      expire()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      clearTimeout(offersTimer)
      await running
    },
  }
}

async function giveUpInspections({ store, timings }: OrchestrationDeps): Promise<void> {
  for (const { stepRunId, taskId } of await listStaleInspections(store.pool, timings.queueTimeoutMs)) {
    await inTransaction(store.pool, async (connection) => {
      await withdrawInspections(connection, stepRunId)
      await failInspection(connection, stepRunId, taskId, 'No delegate took the inspection in time.')
    })
  }
}
