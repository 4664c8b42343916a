import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { defaultTimings } from '@sluice/base'
import type { DatabaseTaskStep, TaskStep } from '@sluice/contract'
import { createManualClock, openTempDir, type TempDir, waitFor } from '@sluice/testkit'
import type { SlotValues } from './slot-values.ts'
import { fetchAhead, type SourceAhead, type SourceTaker } from './source-ahead.ts'
import { createTestRepository, type TestRepository } from './testing/test-repository.ts'

describe('a source that is fetched ahead', () => {
  let temp: TempDir
  let repository: TestRepository
  let first: string
  let second: string
  const commit = (text: string): string => {
    writeFileSync(join(repository.path, 'a.sql'), text)
    repository.git('add', '.')
    repository.git('commit', '--quiet', '-m', text)
    return repository.git('rev-parse', 'HEAD')
  }
  before(async () => {
    temp = await openTempDir()
    repository = createTestRepository(join(temp.path, 'repository'))
    first = commit('select 1')
    second = commit('select 2')
  })
  after(() => temp[Symbol.asyncDispose]())

  const stepOf = (url = repository.path, name = 'main'): TaskStep =>
    ({
      ...{ kind: 'database', stepRunId: 's1' },
      source: { type: 'git', url, revision: { kind: 'branch', name }, location: 'a.sql', sourceKey: 'k' },
    }) as unknown as DatabaseTaskStep

  function begin(t: TestContext, step: TaskStep | undefined, slots: SlotValues = new Map()) {
    const clock = createManualClock()
    const workDir = join(temp.path, `work-${String(Math.random())}`)
    mkdirSync(workDir)
    const ahead = fetchAhead(step, { workDir, slots, clock, timings: defaultTimings })
    t.after(() => ahead.close())
    return { ahead, clock, checkouts: () => readdirSync(join(workDir, 'sources')) }
  }
  const lines: string[] = []
  const take = (ahead: SourceAhead, more: Partial<SourceTaker> = {}, stepRunId = 's1') =>
    ahead.take(stepRunId, {
      pinnedCommit: undefined,
      signal: new AbortController().signal,
      onLine: (line) => lines.push(line),
      say: (line) => lines.push(line),
      ...more,
    })

  it('is the step’s checkout, once', async (t) => {
    const { ahead, checkouts } = begin(t, stepOf())
    equal(await take(ahead, {}, 'another step'), undefined)
    const checkout = await take(ahead)
    equal(checkout?.commit, second)
    equal(readFileSync(join(checkout.dir, 'a.sql'), 'utf8'), 'select 2')
    equal(await take(ahead), undefined)
    equal(checkouts().length, 1)
  })

  it('counts only when it is the commit that is pinned', async (t) => {
    equal((await take(begin(t, stepOf()).ahead, { pinnedCommit: second }))?.commit, second)
    equal(await take(begin(t, stepOf()).ahead, { pinnedCommit: first }), undefined)
    equal(await take(begin(t, stepOf(repository.path, 'nowhere')).ahead, { pinnedCommit: first }), undefined)
  })

  it('is old after a while: the branch may have moved', async (t) => {
    const { ahead, clock } = begin(t, stepOf())
    await clock.advance(5001)
    equal(await take(ahead), undefined)
  })

  it('fails the step as its own fetch would, and with its words', async (t) => {
    await rejects(take(begin(t, stepOf(repository.path, 'nowhere')).ahead), { code: 'GIT_REVISION_NOT_FOUND' })
    lines.length = 0
    const { ahead } = begin(t, stepOf(join(temp.path, 'no repository')))
    await rejects(take(ahead), { code: 'GIT_FAILED' })
    ok(
      lines.some((line) => line.includes('does not appear to be a git repository')),
      lines.join('\n'),
    )
  })

  it('ends with the step that took it, and with the attempt', async (t) => {
    const { url, server } = await openSilentServer(t)
    const stop = new AbortController()
    const { ahead } = begin(t, stepOf(url))
    const taken = take(ahead, { signal: stop.signal })
    await waitFor(() => server.asked > 0)
    stop.abort(new Error('The step was stopped.'))
    await rejects(taken, /The step was stopped/)
    const { ahead: left } = begin(t, stepOf(url))
    await waitFor(() => server.asked > 1)
    await left.close()
    await rejects(take(left), { name: 'AbortError' })
  })

  it('leaves no SSH key behind when nobody takes it', async (t) => {
    const { url, server } = await openSilentServer(t)
    const key = `key ${String(Math.random())}`
    const step = stepOf(url) as DatabaseTaskStep
    const source = { ...step.source, sshKey: { kind: 'slot', slot: 'key' } } as const
    const { ahead } = begin(t, { ...step, source }, new Map([['key', Buffer.from(key)]]))
    await waitFor(() => server.asked > 0)
    equal(countKeys(key), 1)
    await ahead.close()
    equal(countKeys(key), 0)
  })

  it('is not begun for steps without a source', async (t) => {
    deepEqual(await take(begin(t, { kind: 'run', stepRunId: 's1' } as unknown as TaskStep).ahead), undefined)
    deepEqual(await take(begin(t, undefined).ahead), undefined)
  })
})

/** Files in memory-backed storage with this text. */
function countKeys(key: string): number {
  return globSync('/dev/shm/sluice*').filter((path) => readFileSync(path, 'utf8').includes(key)).length
}

/** A Git host that takes requests and never answers. */
async function openSilentServer(t: TestContext): Promise<{ url: string; server: { asked: number } }> {
  const seen = { asked: 0 }
  const server: Server = createServer(() => {
    seen.asked++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/r.git`, server: seen }
}
