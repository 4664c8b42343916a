import { deepEqual, equal, rejects } from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { DummyBehaviour } from '../dummy-executor.ts'
import type { AttemptPlan, Executor, SlotValues } from '../executor.ts'

/** A place for attempts, and executors over it: a second `open` is what a restarted delegate has. */
export interface ExecutorWorld {
  open(): Executor
  /** What the runner was given, once it has it. */
  received(executor: Executor, attemptId: string): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>
}

/** What every executor promises (executor.ts), as tests: each implementation runs them. */
export function executorSuite(name: string, create: () => Promise<ExecutorWorld>): void {
  describe(`${name} keeps the executor's promises`, () => {
    let world: ExecutorWorld
    let executor: Executor
    beforeEach(async () => {
      world = await create()
      executor = world.open()
      deepEqual(await executor.adopt(), [])
    })
    afterEach(() => world.close())

    const plan = (behaviour: DummyBehaviour, attemptId = 'att_1', epoch = 3): AttemptPlan => ({
      attemptId,
      epoch,
      task: { dummy: behaviour },
      attemptToken: 'token',
      relay: 'unix:/nowhere.sock',
    })
    const values: SlotValues = new Map([
      ['password', Buffer.from('pä"ss')],
      ['empty', Buffer.alloc(0)],
    ])
    const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted

    it('runs an attempt to its end and removes it', async () => {
      await executor.prepare(plan({ runMs: 1, exitCode: 0 }))
      equal((await executor.inspect('att_1')).phase, 'prepared')
      equal((await executor.place('att_1', values)).epoch, 3)
      deepEqual(await executor.wait('att_1'), { how: 'completed', exitCode: 0, signal: null })
      const { phase, end } = await executor.inspect('att_1')
      deepEqual({ phase, how: end?.how }, { phase: 'ended', how: 'completed' })
      await executor.remove('att_1')
      await rejects(executor.inspect('att_1'), code('ATTEMPT_UNKNOWN'))
      await executor.remove('att_1')
    })

    it('tells other exit codes', async () => {
      await executor.prepare(plan({ runMs: 1, exitCode: 7 }))
      await executor.place('att_1', values)
      deepEqual(await executor.wait('att_1'), { how: 'exited', exitCode: 7, signal: null })
    })

    it('hands the values over as they are', async () => {
      await executor.prepare(plan({}))
      await executor.place('att_1', values)
      deepEqual(await world.received(executor, 'att_1'), { password: 'pä"ss', empty: '' })
    })

    it('starts a runner at most once', async () => {
      await executor.prepare(plan({}))
      await executor.place('att_1', values)
      await rejects(executor.place('att_1', values), code('ATTEMPT_PLACED'))
      const restarted = world.open()
      await restarted.adopt()
      await rejects(restarted.place('att_1', values), code('ATTEMPT_PLACED'))
    })

    it('prepares the same attempt twice, and refuses another epoch', async () => {
      await executor.prepare(plan({}))
      await executor.prepare(plan({}))
      await rejects(executor.prepare(plan({}, 'att_1', 4)), code('ATTEMPT_EPOCH'))
      equal((await executor.inspect('att_1')).epoch, 3)
    })

    it('terminates a runner that listens', async () => {
      await executor.prepare(plan({}))
      await executor.place('att_1', values)
      await world.received(executor, 'att_1')
      equal(await executor.signal('att_1', 'terminate'), 'sent')
      equal((await executor.wait('att_1')).how, 'killed')
      equal(await executor.signal('att_1', 'terminate'), 'ended')
    })

    it('kills a runner that does not', async () => {
      await executor.prepare(plan({ stubborn: true }))
      await executor.place('att_1', values)
      await world.received(executor, 'att_1')
      equal(await executor.signal('att_1', 'terminate'), 'sent')
      equal((await executor.inspect('att_1')).phase, 'running')
      equal(await executor.signal('att_1', 'kill'), 'sent')
      deepEqual(await executor.wait('att_1'), { how: 'killed', exitCode: null, signal: 'SIGKILL' })
    })

    it('signals nothing that holds a permit', async () => {
      await executor.prepare(plan({ permitOpen: true }))
      await executor.place('att_1', values)
      await world.received(executor, 'att_1')
      equal((await executor.inspect('att_1')).permitOpen, true)
      equal(await executor.signal('att_1', 'terminate'), 'permitOpen')
      equal(await executor.signal('att_1', 'kill'), 'permitOpen')
      equal((await executor.inspect('att_1')).phase, 'running')
    })

    it('refuses to remove what runs', async () => {
      await executor.prepare(plan({}))
      await executor.place('att_1', values)
      await rejects(executor.remove('att_1'), code('ATTEMPT_RUNNING'))
    })

    it('adopts what an earlier instance left, in every phase', async () => {
      await executor.prepare(plan({}, 'att_prepared'))
      await executor.prepare(plan({}, 'att_running'))
      await executor.place('att_running', values)
      await executor.prepare(plan({ runMs: 1, exitCode: 5 }, 'att_ended'))
      await executor.place('att_ended', values)
      await executor.wait('att_ended')

      const restarted = world.open()
      const found = (await restarted.adopt()).toSorted((left, right) => left.attemptId.localeCompare(right.attemptId))
      deepEqual(
        found.map(({ attemptId, epoch, phase, end }) => [attemptId, epoch, phase, end?.exitCode]),
        [
          ['att_ended', 3, 'ended', 5],
          ['att_prepared', 3, 'prepared', undefined],
          ['att_running', 3, 'running', undefined],
        ],
      )
      equal(await restarted.signal('att_running', 'kill'), 'sent')
      equal(['killed', 'missing'].includes((await restarted.wait('att_running')).how), true)
    })

    it('stops waiting when told to', async () => {
      await executor.prepare(plan({}))
      await executor.place('att_1', values)
      await rejects(executor.wait('att_1', AbortSignal.abort(new Error('enough'))), /enough/)
      equal((await executor.inspect('att_1')).phase, 'running')
    })

    it('bounds what a flooding runner leaves behind', async () => {
      await executor.prepare(plan({ logBytes: 200_000 }))
      await executor.place('att_1', values)
      await world.received(executor, 'att_1')
      equal((await executor.tail('att_1', 10)).length, 10)
      await executor.tend()
      equal((await executor.tail('att_1', 1_000_000)).length < 100_000, true)
    })
  })
}
