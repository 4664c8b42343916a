import { deepEqual, equal } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { FakeAttempt } from './testing/fake-server.ts'
import { type World, envSecret, fakeTask, openWorld } from './testing/world.ts'

const typesOf = ({ events }: FakeAttempt): string[] => events.map(({ type }) => type)

describe('a delegate that was killed', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const isRemoved = (attemptId: string) => (): boolean =>
    !existsSync(world.attemptDir(attemptId)) && !existsSync(join(world.dir, 'journal', `${attemptId}.json`))

  /** Kills a delegate at a point of an attempt's life; the attempt as it is then. */
  const killAt = async (point: string, behaviour: object = {}): Promise<FakeAttempt> => {
    const { exit } = world.spawn({ SLUICE_TEST_KILL_AT: point })
    const attempt = world.server.offer(fakeTask(behaviour))
    if (point === 'removed') {
      await world.server.until(() => attempt.runnerEvents.length > 0, 'The runner')
      attempt.done = true
      world.server.wake()
    }
    equal(await exit, 'SIGKILL', world.logs.join(''))
    return attempt
  }

  for (const point of ['offered', 'accepted', 'preparing', 'prepared']) {
    it(`at "${point}" gives the attempt back, since no runner was started`, async () => {
      const attempt = await killAt(point)
      if (point === 'offered') {
        // Not accepted: it is offered again, and the same process may take it again once its memory of it is gone.
        attempt.fenced = true
        await world.start()
        await world.server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
        return
      }
      await world.start()
      await world.server.until(() => attempt.state === 'gone', 'The report')
      const gone = attempt.events.find(({ type }) => type === 'attempt.gone')
      equal(gone?.type === 'attempt.gone' && gone.reason, 'placement')
      equal(attempt.runnerEvents.length, 0)
      await world.server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    })
  }

  it('after a runner was started leaves it alone; the next process adopts and finishes it', async () => {
    const attempt = await killAt('placed')
    const { server } = world
    const pid = world.runnerPid(attempt.task.attemptId)
    await server.until(() => existsSync(join(world.attemptDir(attempt.task.attemptId), 'received.json')), 'The runner')
    process.kill(pid, 0)
    await world.start()
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner’s report through the new relay')
    await server.until(
      () =>
        server.heartbeats
          .at(-1)
          ?.attempts.some(({ attemptId, phase }) => attemptId === attempt.task.attemptId && phase === 'running'),
      'A heartbeat that lists it',
    )
    equal(world.runnerPid(attempt.task.attemptId), pid)
    attempt.done = true
    server.wake()
    await server.until(() => attempt.state === 'completed', 'The completion')
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    equal(typesOf(attempt).includes('attempt.gone'), false)
  })

  it('and whose runner completed meanwhile finds that out from the runner’s own record', async () => {
    const first = await world.start()
    const { server } = world
    const attempt = server.offer(fakeTask())
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner')
    const folder = world.attemptDir(attempt.task.attemptId)
    // The relay goes with the delegate, so the completion has to have come through before.
    attempt.done = true
    await first.stop()
    const second = await world.start()
    await server.until(() => attempt.state === 'completed', 'The completion')
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    equal(existsSync(folder), false)
    equal(typesOf(attempt).includes('attempt.gone'), false)
    await second.stop()
  })

  it('and whose runner died meanwhile reports it missing', async () => {
    const { server } = world
    const attempt = await killAt('placed')
    process.kill(world.runnerPid(attempt.task.attemptId), 'SIGKILL')
    await world.start()
    await server.until(() => attempt.state === 'gone', 'The report')
    const gone = attempt.events.find(({ type }) => type === 'attempt.gone')
    equal(gone?.type === 'attempt.gone' && gone.reason, 'missing')
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
  })

  it('when the end was seen or acknowledged reports it all the same, once by content', async () => {
    for (const point of ['ended', 'gone-acknowledged']) {
      const attempt = await killAt(point, { exitCode: 9 })
      const second = await world.start()
      await world.server.until(() => attempt.state === 'gone', 'The report')
      await world.server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
      const ends = attempt.events.filter(({ type }) => type === 'attempt.gone')
      equal(ends.length, 1, point)
      deepEqual(ends[0]?.type === 'attempt.gone' && [ends[0].reason, ends[0].exitCode], ['exited', 9])
      await second.stop()
    }
  })

  it('while it removed the folder leaves nothing for good', async () => {
    const attempt = await killAt('removed')
    await world.start()
    await world.server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    equal(attempt.state, 'completed')
  })

  it('starts with a stale lock and a stale socket', async () => {
    const { child, exit } = world.spawn()
    await world.server.until(() => world.server.heartbeats.length > 0, 'A heartbeat')
    child.kill('SIGKILL')
    await exit
    equal(existsSync(join(world.dir, 'delegate.lock')), true)
    equal(existsSync(join(world.dir, 'relay.sock')), true)
    await world.start()
    equal((JSON.parse(readFileSync(join(world.dir, 'delegate.lock'), 'utf8')) as { pid: number }).pid, process.pid)
  })

  it('never says a word about values in its journal', async () => {
    const { exit } = world.spawn({ SLUICE_TEST_KILL_AT: 'offered' })
    const attempt = world.server.offer(fakeTask({}, { secrets: [envSecret('X')] }))
    await exit
    const text = readFileSync(join(world.dir, 'journal', `${attempt.task.attemptId}.json`), 'utf8')
    deepEqual(Object.keys(JSON.parse(text) as object).toSorted(), [
      'attemptId',
      'epoch',
      'goneReported',
      'hasSecrets',
      'pending',
      'phase',
      'unwanted',
    ])
  })
})
