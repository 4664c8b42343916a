import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type AppError, defaultTimings } from '@sluice/base'
import type { GitSource } from '@sluice/contract'
import { createManualClock, openTempDir, type TempDir } from '@sluice/testkit'
import { fetchGitSource, type FetchOptions } from './git-source.ts'
import { createTestRepository } from './testing/test-repository.ts'

void describe('fetchGitSource', () => {
  let temp: TempDir
  let repository: string
  let first: string
  let second: string
  before(async () => {
    temp = await openTempDir()
    repository = join(temp.path, 'repository')
    const { git } = createTestRepository(repository)
    writeFileSync(join(repository, 'a.sql'), 'select 1')
    git('add', '.')
    git('commit', '--quiet', '-m', 'one')
    git('tag', '-a', '-m', 'v1', 'v1')
    first = git('rev-parse', 'HEAD')
    writeFileSync(join(repository, 'a.sql'), 'select 2')
    git('commit', '--quiet', '-am', 'two')
    second = git('rev-parse', 'HEAD')
  })
  after(() => temp[Symbol.asyncDispose]())

  const source = (revision: GitSource['revision'], url = repository): GitSource => ({
    type: 'git',
    url,
    revision,
    location: 'a.sql',
    sourceKey: 'k',
  })
  let count = 0
  const options = (more: Partial<FetchOptions> = {}): FetchOptions => {
    const workDir = join(temp.path, `work${String(count++)}`)
    mkdirSync(workDir)
    return {
      workDir,
      slots: new Map(),
      pinnedCommit: undefined,
      signal: AbortSignal.timeout(30_000),
      onLine: () => {},
      clock: createManualClock(),
      timings: defaultTimings,
      say: () => assert.fail('it was tried again'),
      ...more,
    }
  }
  const fails = async (fetching: Promise<unknown>, code: string): Promise<AppError> => {
    const error = (await fetching.then(
      () => assert.fail('it succeeded'),
      (thrown: unknown) => thrown,
    )) as AppError
    assert.equal(error.code, code, error.message)
    return error
  }

  void test('a branch, an annotated tag, a commit and an abbreviated commit give the commit they mean', async () => {
    for (const [revision, commit, text] of [
      [{ kind: 'branch', name: 'main' }, second, 'select 2'],
      [{ kind: 'tag', name: 'v1' }, first, 'select 1'],
      [{ kind: 'commit', name: first }, first, 'select 1'],
      [{ kind: 'commit', name: first.slice(0, 10) }, first, 'select 1'],
    ] as const) {
      const checkout = await fetchGitSource(source(revision), options())
      assert.equal(checkout.commit, commit)
      assert.equal(readFileSync(join(checkout.dir, 'a.sql'), 'utf8'), text)
    }
  })

  void test('the commit that the execution pinned wins over the branch', async () => {
    const checkout = await fetchGitSource(source({ kind: 'branch', name: 'main' }), options({ pinnedCommit: first }))
    assert.equal(checkout.commit, first)
  })

  void test('a revision that is not there is named, with what to do', async () => {
    for (const kind of ['branch', 'tag'] as const) {
      const error = await fails(fetchGitSource(source({ kind, name: 'nowhere' }), options()), 'GIT_REVISION_NOT_FOUND')
      assert.match(error.message, /"nowhere"/)
    }
    await fails(fetchGitSource(source({ kind: 'commit', name: 'f'.repeat(40) }), options()), 'GIT_REVISION_NOT_FOUND')
  })

  void test('a revision cannot smuggle in an option, nor a URL another transport', async () => {
    const marker = join(temp.path, 'ran')
    await fails(
      fetchGitSource(source({ kind: 'commit', name: `--upload-pack=touch ${marker}` }), options()),
      'GIT_REVISION_NOT_FOUND',
    )
    await fails(fetchGitSource(source({ kind: 'branch', name: 'main' }, `ext::sh -c "touch ${marker}"`), options()), 'GIT_FAILED')
    await fails(
      fetchGitSource(source({ kind: 'branch', name: 'main' }, `--upload-pack=touch ${marker}`), options()),
      'GIT_FAILED',
    )
    assert.equal(existsSync(marker), false)
  })

  void test('credentials reach the Git host and neither argv nor environment', async () => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      const { authorization } = request.headers
      if (authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
        return
      }
      seen.push(Buffer.from(authorization.slice('Basic '.length), 'base64').toString())
      response.writeHead(403).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const slots = new Map([['password', Buffer.from('s3cr3t-Of-The-Host')]])
    const work = options({ slots })
    const withPassword: GitSource = {
      ...source({ kind: 'branch', name: 'main' }, `http://127.0.0.1:${String(port)}/r.git`),
      username: { kind: 'literal', text: 'ada' },
      password: { kind: 'slot', slot: 'password' },
    }
    const error = await fails(fetchGitSource(withPassword, work), 'GIT_FAILED')
    server.close()
    assert.ok(seen.includes('ada:s3cr3t-Of-The-Host'), seen.join())
    assert.doesNotMatch(error.message, /s3cr3t/)
    assert.doesNotMatch(readFileSync(join(work.workDir, 'askpass.sh'), 'utf8'), /s3cr3t/)
  })
})
