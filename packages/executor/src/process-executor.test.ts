import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { DummyBehaviour } from './dummy-executor.ts'
import type { AttemptPlan } from './executor.ts'
import { createProcessExecutor } from './process-executor.ts'
import { identifyProcess, isRunning, readProcess } from './process-identity.ts'
import { executorSuite } from './testing/executor-suite.ts'

const runnerEntry = fileURLToPath(new URL('testing/fake-runner.ts', import.meta.url))

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  for (let left = 1000; left > 0; left--) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${what} did not come.`)
}

const readJson = <T>(path: string): T | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Ends what a test left running: only processes whose record this test's own folder holds. */
function killAll(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = readJson<{ process?: { pid: number } }>(join(dir, name, 'attempt.json'))?.process?.pid
    if (pid !== undefined && readProcess(pid)?.session === pid) process.kill(-pid, 'SIGKILL')
  }
}

executorSuite('the process executor', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-executor-'))
  return {
    open: () => createProcessExecutor({ dir, runnerEntry, watchEveryMs: 10, logBytesMax: 64 * 1024 }),
    received: (_, attemptId) => until(() => readJson(join(dir, attemptId, 'received.json')), 'What the runner received'),
    close: async () => {
      killAll(dir)
      rmSync(dir, { recursive: true, force: true })
    },
  }
})

describe('the process executor', () => {
  let dir: string
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-executor-'))
  })
  after(() => {
    killAll(dir)
    rmSync(dir, { recursive: true, force: true })
  })
  const open = (): ReturnType<typeof createProcessExecutor> =>
    createProcessExecutor({ dir, runnerEntry, watchEveryMs: 10, environment: { SLUICE_TIME_SCALE: '20' } })
  const plan = (attemptId: string, behaviour: DummyBehaviour): AttemptPlan => ({
    attemptId,
    epoch: 1,
    task: { dummy: behaviour },
    attemptToken: 'attempt-token',
    relay: 'unix:/r.sock',
  })
  const secret = 'canary-5f1c0e'

  it('gives a runner an environment made from scratch and the values on descriptor 3 alone', async () => {
    process.env['SLUICE_CANARY'] = secret
    const executor = open()
    await executor.prepare(plan('att_env', {}))
    const { place } = await executor.place('att_env', new Map([['slot', Buffer.from(secret)]]))
    const pid = Number(place.slice('process '.length))
    const folder = join(dir, 'att_env')
    await until(() => readJson(join(folder, 'received.json')), 'What the runner received')
    delete process.env['SLUICE_CANARY']

    const environment = Object.fromEntries(
      readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    )
    deepEqual(environment, {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      HOME: join(folder, 'work'),
      TMPDIR: join(folder, 'tmp'),
      SLUICE_ATTEMPT_DIR: folder,
      SLUICE_RELAY: 'unix:/r.sock',
      SLUICE_ATTEMPT_TOKEN_FILE: join(folder, 'token'),
      SLUICE_TIME_SCALE: '20',
    })
    equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(secret), false)
    match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Umask:\s+0077$/m)
    equal(readProcess(pid)?.session, pid)
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name)
      const facts = statSync(path)
      equal(facts.mode & 0o077, 0, `${name} is for its owner alone`)
      if (facts.isFile() && name !== 'received.json') equal(readFileSync(path, 'latin1').includes(secret), false, name)
    }
    await executor.signal('att_env', 'kill')
    await executor.wait('att_env')
  })

  it('says so when the runner cannot be started, and that nothing ran', async () => {
    const executor = createProcessExecutor({ dir, runnerEntry, node: join(dir, 'no-such-node') })
    await executor.prepare(plan('att_fail', {}))
    await rejects(executor.place('att_fail', new Map()), (error: { code?: string }) => error.code === 'PLACEMENT_FAILED')
    deepEqual(await executor.wait('att_fail'), { how: 'notStarted', exitCode: null, signal: null })
    await executor.remove('att_fail')
  })

  it('leaves a runner alone that was started but never got its values, since it ends by itself', async () => {
    const folder = join(dir, 'att_cut')
    const executor = open()
    await executor.prepare(plan('att_cut', {}))
    // What is on disk when the delegate is killed between starting the process and writing down its pid.
    const record = readJson<object>(join(folder, 'attempt.json'))
    writeFileSync(join(folder, 'attempt.json'), JSON.stringify({ ...record, state: 'placing' }))
    const [adopted] = (await open().adopt()).filter((attempt) => attempt.attemptId === 'att_cut')
    equal(adopted?.end?.how, 'notStarted')

    const orphan = spawn(process.execPath, [runnerEntry], {
      env: { SLUICE_ATTEMPT_DIR: folder },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    orphan.stdio[3]?.destroy()
    const exitCode = await new Promise((resolve) => orphan.once('exit', resolve))
    equal(exitCode === 0, false)
    equal(existsSync(join(folder, 'received.json')), false)
  })

  it('reads the end of a runner that nobody watched from the runner’s own record', async () => {
    const first = open()
    await first.prepare(plan('att_exit', { stubborn: true }))
    await first.place('att_exit', new Map())
    writeFileSync(join(dir, 'att_exit', 'exit.json'), '{"exitCode":0}')
    const second = open()
    await second.adopt()
    await second.signal('att_exit', 'kill')
    deepEqual(await second.wait('att_exit'), { how: 'completed', exitCode: 0, signal: null })
  })

  it('understands the runner’s own words for its end', async () => {
    for (const [text, how] of [
      ['{"end":"completed"}', 'completed'],
      ['{"end":"fenced"}', 'exited'],
      ['{"exitCode":4}', 'exited'],
      ['{"exi', 'missing'],
    ] as const) {
      const first = open()
      await first.prepare(plan('att_words', { runMs: 60_000, stubborn: true }))
      await first.place('att_words', new Map())
      writeFileSync(join(dir, 'att_words', 'exit.json'), text)
      const second = open()
      await second.adopt()
      await second.signal('att_words', 'kill')
      equal((await second.wait('att_words')).how, how, text)
      await second.remove('att_words')
    }
  })

  it('does not take a stranger with a reused pid for a runner', () => {
    const own = identifyProcess(process.pid)
    equal(own !== undefined && isRunning(own), true)
    equal(own !== undefined && isRunning({ ...own, startTime: '1' }), false)
    equal(own !== undefined && isRunning({ ...own, machineBoot: 'another' }), false)
  })

  it('counts a permit file that cannot be read as an open permit', async () => {
    const executor = open()
    await executor.prepare(plan('att_permit', {}))
    await executor.place('att_permit', new Map())
    const file = join(dir, 'att_permit', 'permits.json')
    for (const [text, isOpen] of [
      ['{"open":["stp_1"]}', true],
      ['{"op', true],
      ['[]', true],
      ['{"open":[]}', false],
    ] as const) {
      writeFileSync(file, text)
      equal((await executor.inspect('att_permit')).permitOpen, isOpen, text)
    }
    equal(await executor.signal('att_permit', 'kill'), 'sent')
    await executor.wait('att_permit')
  })

  it('refuses attempt ids that are paths', async () => {
    const executor = open()
    for (const attemptId of ['../up', 'a/b', '.new-x', '']) {
      await rejects(executor.prepare(plan(attemptId, {})), (error: { code?: string }) => error.code === 'ATTEMPT_ID_INVALID')
      await rejects(executor.remove(attemptId), (error: { code?: string }) => error.code === 'ATTEMPT_ID_INVALID')
    }
  })

  it('ends what a killed runner left running in its session', async () => {
    const sleeper = join(dir, 'sleeper.mjs')
    writeFileSync(
      sleeper,
      `import { spawn } from 'node:child_process'
       import { readFileSync, writeFileSync } from 'node:fs'
       readFileSync(3)
       const child = spawn('sleep', ['600'], { stdio: 'ignore' })
       writeFileSync(process.env.SLUICE_ATTEMPT_DIR + '/child', String(child.pid))
       process.exit(3)`,
    )
    const executor = createProcessExecutor({ dir, runnerEntry: sleeper })
    await executor.prepare(plan('att_left', {}))
    await executor.place('att_left', new Map())
    equal((await executor.wait('att_left')).exitCode, 3)
    const child = identifyProcess(Number(readFileSync(join(dir, 'att_left', 'child'), 'utf8')))
    equal(child !== undefined && isRunning(child), true)
    await executor.remove('att_left')
    await until(() => (child !== undefined && isRunning(child) ? undefined : true), 'The end of the left process')
    equal(existsSync(join(dir, 'att_left')), false)
  })
})
