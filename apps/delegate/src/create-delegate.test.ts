import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { FakeAttempt } from './testing/fake-server.ts'
import { type World, envSecret, fakeTask, openWorld } from './testing/world.ts'

const secret = 'canary-Zk3"ä-9f21'
const typesOf = ({ events }: FakeAttempt): string[] => events.map(({ type }) => type)
const goneOf = ({ events }: FakeAttempt) => {
  const event = events.find(({ type }) => type === 'attempt.gone')
  return event?.type === 'attempt.gone' ? event : undefined
}

describe('a delegate', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  const writePolicy = (text: string): Record<string, string> => {
    writeFileSync(join(world.dir, 'policy.yaml'), text)
    return { SLUICE_DELEGATE_POLICY: join(world.dir, 'policy.yaml') }
  }
  const isRemoved = (attemptId: string) => (): boolean =>
    !existsSync(world.attemptDir(attemptId)) && !existsSync(join(world.dir, 'journal', `${attemptId}.json`))

  it('enrols once, takes a task, runs it through its relay and cleans up', async () => {
    const { server } = world
    const delegate = await world.start()
    const task = fakeTask()
    const attempt = server.offer(task)
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner’s first report')
    equal(delegate.state, 'running')
    await server.until(
      () => server.heartbeats.some(({ attempts }) => attempts[0]?.phase === 'running'),
      'A heartbeat with the attempt',
    )
    attempt.done = true
    server.wake()
    await server.until(() => attempt.state === 'completed', 'The completion')
    await server.until(isRemoved(task.attemptId), 'The cleanup')
    deepEqual(typesOf(attempt), ['attempt.preparing', 'attempt.running'])
    deepEqual(
      server.enrolments.map(({ name }) => name),
      ['tester'],
    )
    equal(statSync(join(world.dir, 'identity.json')).mode & 0o777, 0o600)
  })

  it('needs no token once it has enrolled, and keeps its keys when the first answer is lost', async () => {
    const { server } = world
    server.loseReplies.set('enroll', 1)
    const first = await world.start()
    equal(server.enrolments.length, 2)
    equal(new Set(server.enrolments.map(({ authPublicKey }) => authPublicKey)).size, 1)
    await first.stop({ drain: true })
    await world.start({ SLUICE_DELEGATE_TOKEN: '' })
    equal(server.enrolments.length, 2)
    await server.until(() => server.heartbeats.length > 1, 'A heartbeat of the second process')
  })

  it('says what is missing, or what the control plane says, when it cannot enrol', async () => {
    await rejects(world.start({ SLUICE_DELEGATE_TOKEN: '' }), (error: { code?: string; hint?: string }) => {
      equal(error.code, 'ENROLMENT_TOKEN_MISSING')
      match(error.hint ?? '', /sluice delegate token/)
      return true
    })
    await rejects(
      world.start({ SLUICE_DELEGATE_TOKEN: 'used-before' }),
      (error: { code?: string }) => error.code === 'TOKEN_INVALID',
    )
  })

  it('refuses a data folder that another delegate uses', async () => {
    await world.start()
    await rejects(world.start(), (error: { code?: string }) => error.code === 'DATA_FOLDER_IN_USE')
  })

  it('hands secrets over on descriptor 3 and nowhere else', async () => {
    const { server } = world
    const policy = writePolicy('secrets:\n  env: [DB_PASSWORD]\n')
    await world.start({ ...policy, DB_PASSWORD: secret })
    const task = fakeTask({ isCareless: true }, { secrets: [envSecret('DB_PASSWORD')] })
    const attempt = server.offer(task)
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner’s first report')
    const folder = world.attemptDir(task.attemptId)
    const received = JSON.parse(readFileSync(join(folder, 'received.json'), 'utf8')) as Record<string, string>
    deepEqual(received, { s1: createHash('sha256').update(secret).digest('hex') })

    const pid = world.runnerPid(task.attemptId)
    for (const name of ['environ', 'cmdline']) equal(readFileSync(`/proc/${pid}/${name}`, 'utf8').includes('canary'), false, name)
    for (const name of readdirSync(world.dir, { recursive: true, encoding: 'utf8' })) {
      const path = join(world.dir, name)
      if (statSync(path).isFile() && !name.endsWith('runner.log'))
        equal(readFileSync(path, 'latin1').includes('canary'), false, name)
    }
    // The runner dies: what it said last is reported, and masked.
    process.kill(pid, 'SIGKILL')
    await server.until(() => attempt.state === 'gone', 'The report of the end')
    const gone = goneOf(attempt)
    equal(gone?.reason, 'killed')
    equal(gone?.signal, 'SIGKILL')
    match(gone?.message ?? '', /the password is \*+/)
    equal(JSON.stringify(attempt.events).includes('canary'), false)
    equal(
      world.logs.some((line) => line.includes('canary')),
      false,
    )
    await server.until(isRemoved(task.attemptId), 'The cleanup')
  })

  it('reports every reason why secrets cannot be had, and starts nothing', async () => {
    const { server } = world
    await world.start(writePolicy('secrets:\n  env: [MISSING_A, MISSING_B]\n'))
    const task = fakeTask(
      {},
      { secrets: [envSecret('MISSING_A'), envSecret('MISSING_B', { slot: 's2', use: 'databaseUser', secretId: 'db_user' })] },
    )
    const [step] = task.steps
    ok(step?.kind === 'database')
    const attempt = server.offer({
      ...task,
      steps: [{ ...step, database: { ...step.database, username: { kind: 'slot', slot: 's2' } } }],
    })
    await server.until(() => attempt.state === 'gone', 'The report')
    equal(goneOf(attempt)?.reason, 'secret')
    match(goneOf(attempt)?.message ?? '', /"db_password"[^]*"db_user"|"db_user"[^]*"db_password"/)
    await server.until(isRemoved(task.attemptId), 'The cleanup')
  })

  it('declines an offer of a project that the policy does not allow', async () => {
    const { server } = world
    await world.start(writePolicy('projects: [default/shop]\n'))
    const attempt = server.offer(fakeTask({}, { scope: { org: 'default', project: 'other' } }))
    await server.until(() => attempt.state === 'declined', 'The decline')
    equal(attempt.declineReason?.code, 'policy')
    match(attempt.declineReason?.message ?? '', /default\/other/)
  })

  it('refuses, by policy, what only the task itself shows, all of it at once', async () => {
    const { server } = world
    await world.start(writePolicy('targets: ["db.example.com:5432/other"]\ngit:\n  hosts: [example.org]\n'))
    const attempt = server.offer(fakeTask({}, { secrets: [envSecret('HOME')] }))
    await server.until(() => attempt.state === 'gone', 'The report')
    equal(goneOf(attempt)?.reason, 'policy')
    for (const part of [/db\.example\.com:5432\/shop/, /git\.example\.com/, /secrets\.env/])
      match(goneOf(attempt)?.message ?? '', part)
  })

  it('releases no secret to another database than the one it is meant for', async () => {
    const { server } = world
    await world.start(writePolicy('secrets:\n  env: [DB_PASSWORD]\n'), { environment: { DB_PASSWORD: secret } })
    const task = fakeTask({}, { secrets: [envSecret('DB_PASSWORD')] })
    const [step] = task.steps
    ok(step?.kind === 'database')
    const elsewhere = {
      ...step,
      stepRunId: 'stp_2',
      database: {
        ...step.database,
        connectionUrl: 'jdbc:postgresql://evil.example.net/x',
        targetKey: 'postgresql://evil.example.net:5432/x',
      },
    }
    const attempt = server.offer({ ...task, steps: [step, elsewhere] })
    await server.until(() => attempt.state === 'gone', 'The report')
    match(goneOf(attempt)?.message ?? '', /more than one place/)
  })

  it('takes no more than its capacity', async () => {
    const { server } = world
    await world.start({ SLUICE_DELEGATE_CAPACITY: '1' })
    const first = server.offer(fakeTask())
    await server.until(() => first.runnerEvents.length > 0, 'The first runner')
    await server.until(() => server.polls.at(-1)?.free === 0, 'A poll without room')
    const second = server.offer(fakeTask())
    first.done = true
    server.wake()
    await server.until(() => second.runnerEvents.length > 0, 'The second runner')
  })

  it('goes on when answers to accept and reports are lost', async () => {
    const { server } = world
    await world.start()
    server.loseReplies.set('accept', 2)
    server.loseReplies.set('events', 3)
    const attempt = server.offer(fakeTask())
    await server.until(() => attempt.runnerEvents.length > 0 && attempt.events.length === 2, 'The reports')
    deepEqual(typesOf(attempt), ['attempt.preparing', 'attempt.running'])
    equal(server.calls.filter((name) => name === 'accept').length, 3)
  })

  it('loses no runner while the control plane is away, and reports afterwards', async () => {
    const { server } = world
    await world.start()
    const attempt = server.offer(fakeTask())
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner')
    await server.away()
    process.kill(world.runnerPid(attempt.task.attemptId), 'SIGKILL')
    await server.until(() => world.logs.some((line) => line.includes('A runner has ended')), 'The end')
    ok(existsSync(world.attemptDir(attempt.task.attemptId)))
    await server.back()
    await server.until(() => attempt.state === 'gone', 'The report')
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    equal(attempt.events.filter(({ type }) => type === 'attempt.gone').length, 1)
  })

  it('stops claiming when it is revoked, lets runners finish and keeps reporting', async () => {
    const { server } = world
    const delegate = await world.start()
    const attempt = server.offer(fakeTask())
    await server.until(() => attempt.events.length === 2 && attempt.runnerEvents.length > 0, 'The runner')
    server.revoked = true
    server.wake()
    await server.until(() => delegate.state === 'revoked', 'The state')
    process.kill(world.runnerPid(attempt.task.attemptId), 'SIGKILL')
    await server.until(() => attempt.state === 'gone', 'The report')
    server.revoked = false
    await server.until(() => delegate.state === 'running', 'The way back')
  })

  it('drains: hands back what has no runner, leaves runners alone and says goodbye', async () => {
    const { server } = world
    const held = Promise.withResolvers<void>()
    const delegate = await world.start(
      {},
      {
        guard: {
          judgeOffer: () => [],
          judgeTask: () => [],
          resolve: async (task, signal) => {
            if (task.secrets.length > 0) {
              held.resolve()
              await new Promise((_, reject) => {
                signal.addEventListener('abort', () => {
                  reject(signal.reason as Error)
                })
              })
            }
            return { values: new Map(), diagnostics: [] }
          },
        },
      },
    )
    const started = server.offer(fakeTask())
    await server.until(() => started.runnerEvents.length > 0, 'The runner')
    const waiting = server.offer(fakeTask({}, { secrets: [envSecret('X')] }))
    await held.promise
    await delegate.stop({ drain: true })
    equal(delegate.state, 'stopped')
    equal(goneOf(waiting)?.reason, 'placement')
    equal(started.state, 'accepted')
    process.kill(world.runnerPid(started.task.attemptId), 0)
    equal(server.heartbeats.at(-1)?.draining, true)
    equal(server.deregistered, 0)

    // The next process takes over the runner, which still finds the relay at its address.
    await world.start()
    started.done = true
    server.wake()
    await server.until(() => started.state === 'completed', 'The completion')
    await server.until(isRemoved(started.task.attemptId), 'The cleanup')
  })

  it('deregisters when it ends with nothing left', async () => {
    const delegate = await world.start()
    await delegate.stop({ drain: true })
    equal(world.server.deregistered, 1)
    equal(existsSync(join(world.dir, 'health.json')), false)
  })

  it('takes nothing while the control plane drains it, and goes on when that is over', async () => {
    const { server } = world
    const delegate = await world.start()
    server.drain = true
    server.send({ type: 'drain' })
    await server.until(() => delegate.state === 'draining' && server.polls.at(-1)?.draining, 'The state')
    const attempt = server.offer(fakeTask())
    const { attemptId, epoch, scope } = attempt.task
    // Sent before the control plane heard that it is draining, say.
    server.send({ type: 'offer', attemptId, epoch, scope, infraType: 'process', offerMs: 10_000 })
    await server.until(() => attempt.state === 'declined', 'The decline')
    equal(attempt.declineReason?.code, 'draining')
    server.drain = false
    const next = server.offer(fakeTask())
    await server.until(() => next.runnerEvents.length > 0, 'The next runner')
    equal(delegate.state, 'running')
  })

  it('asks anew as soon as it has a free place again, however long its poll is held', async () => {
    const { server } = world
    server.holdMs = 60_000
    await world.start({ SLUICE_DELEGATE_CAPACITY: '1', SLUICE_TIME_SCALE: '1' })
    const first = server.offer(fakeTask())
    await server.until(() => first.runnerEvents.length > 0 && server.polls.at(-1)?.free === 0, 'A poll without room')
    const second = server.offer(fakeTask())
    first.done = true
    server.wake()
    await server.until(() => second.runnerEvents.length > 0, 'The second runner')
    server.drain = true
    await server.until(() => server.heartbeats.at(-1)?.draining, 'The draining')
    second.done = true
    server.wake()
    await server.until(() => second.state === 'completed', 'The end of the second')
    server.drain = false
    const third = server.offer(fakeTask())
    await server.until(() => third.runnerEvents.length > 0, 'The third runner')
  })

  it('kills by force a runner that does not listen, but none with an open permit', async () => {
    const { server } = world
    await world.start()
    const stubborn = server.offer(fakeTask({ stubborn: true }))
    const working = server.offer(fakeTask({ permitOpen: true }))
    await server.until(() => stubborn.runnerEvents.length > 0 && working.runnerEvents.length > 0, 'The runners')
    for (const { task } of [stubborn, working])
      server.send({ type: 'cancel', attemptId: task.attemptId, epoch: 1, mode: 'force' })
    await server.until(() => stubborn.state === 'gone', 'The end of the stubborn one')
    equal(goneOf(stubborn)?.signal, 'SIGKILL')
    await server.until(() => world.logs.some((line) => line.includes('"result":"permitOpen"')), 'The refusal')
    process.kill(world.runnerPid(working.task.attemptId), 0)
    equal(goneOf(working), undefined)
    // Its permit is closed: now it may be ended.
    writeFileSync(join(world.attemptDir(working.task.attemptId), 'permits.json'), '{"open":[]}')
    server.send({ type: 'cancel', attemptId: working.task.attemptId, epoch: 2, mode: 'force' })
    await server.until(() => working.state === 'gone', 'The end of the other')
  })

  it('stops and removes what another attempt has taken over', async () => {
    const { server } = world
    await world.start()
    const attempt = server.offer(fakeTask({ stubborn: true }))
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner')
    attempt.fenced = true
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    equal(goneOf(attempt), undefined)
  })

  it('ends an attempt whose life is over', async () => {
    const { server } = world
    await world.start()
    const attempt = server.offer(fakeTask({}, { notAfterMs: 100 }))
    await server.until(() => attempt.runnerEvents.length > 0, 'The runner')
    await server.until(() => attempt.state === 'gone', 'The end')
    equal(goneOf(attempt)?.exitCode, 143)
  })

  it('reports a runner that cannot be started', async () => {
    const { server } = world
    await world.start({ SLUICE_RUNNER_ENTRY: join(world.dir, 'no-such-runner.js') })
    const attempt = server.offer(fakeTask())
    await server.until(() => attempt.state === 'gone', 'The report')
    equal(goneOf(attempt)?.reason, 'exited')
    match(goneOf(attempt)?.message ?? '', /Cannot find module/)
  })

  it('sends and seals what a dead runner had written of its logs', async () => {
    const { server } = world
    await world.start()
    const attempt = server.offer(fakeTask({ logs: 'line one\nline tw', exitCode: 9 }))
    attempt.log.set('stp_1', { bytes: Buffer.from('line one\n'), sealed: false })
    await server.until(() => attempt.log.get('stp_1')?.sealed, 'The seal')
    match(attempt.log.get('stp_1')?.bytes.toString() ?? '', /^line one\nline tw\n… the runner ended here/)
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
  })

  it('leaves alone a log that its runner had sealed', async () => {
    const { server } = world
    await world.start()
    const attempt = server.offer(fakeTask({ logs: 'whole', exitCode: 9 }))
    attempt.log.set('stp_1', { bytes: Buffer.from('whole'), sealed: true })
    await server.until(isRemoved(attempt.task.attemptId), 'The cleanup')
    equal(attempt.log.get('stp_1')?.bytes.toString(), 'whole')
  })

  it('enrols again, with the same keys, when the control plane has forgotten it', async () => {
    const { server } = world
    await world.start()
    await server.until(() => server.heartbeats.length > 0, 'A heartbeat')
    server.forgetInstances()
    await server.until(() => server.enrolments.length === 2, 'The second enrolment')
    equal(new Set(server.enrolments.map(({ authPublicKey }) => authPublicKey)).size, 1)
    const before = server.heartbeats.length
    await server.until(() => server.heartbeats.length > before, 'A heartbeat')
  })

  it('serves metrics to this machine and writes a health file', async () => {
    const { server } = world
    const delegate = await world.start({ SLUICE_DELEGATE_METRICS: '0' })
    await server.until(() => server.heartbeats.length > 0, 'A heartbeat')
    const text = await (await fetch(`http://127.0.0.1:${delegate.metricsPort}/metrics`)).text()
    match(text, /^sluice_delegate_connected 1$/m)
    match(text, /^sluice_delegate_offers_total 0$/m)
    const health = await server.until(() => {
      const found = JSON.parse(readFileSync(join(world.dir, 'health.json'), 'utf8')) as { state: string; connected: boolean }
      return found.connected ? found : undefined
    }, 'The health file')
    equal(health.state, 'running')
  })
})
