import { deepEqual, equal, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DummyExecutor, createDummyExecutor, createDummyWorld } from './dummy-executor.ts'
import { executorSuite } from './testing/executor-suite.ts'

executorSuite('the dummy executor', async () => {
  const world = createDummyWorld()
  return {
    open: () => createDummyExecutor(world),
    received: async (executor, attemptId) => (executor as DummyExecutor).received(attemptId),
    close: async () => {
      for (const attempt of world.attempts.values()) attempt.finish({ how: 'killed', exitCode: null, signal: 'SIGKILL' })
    },
  }
})

describe('the dummy executor', () => {
  it('obeys its keys', async () => {
    const executor = createDummyExecutor()
    const base = { epoch: 1, attemptToken: '', relay: '' }
    await executor.prepare({ ...base, attemptId: 'a', task: { dummy: { failStart: true } } })
    await rejects(executor.place('a', new Map()))
    deepEqual(await executor.wait('a'), { how: 'notStarted', exitCode: null, signal: null })
    await executor.prepare({ ...base, attemptId: 'b', task: { dummy: { lost: true } } })
    await executor.place('b', new Map())
    executor.finish('b', 0)
    equal((await executor.wait('b')).how, 'missing')
  })
})
