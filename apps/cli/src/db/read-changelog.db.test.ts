import { equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openTestDatabase, withTempDir } from '@sluice/testkit'
import { runProgram } from '../program.ts'

/** Runs a command of `sluice db` on a PostgreSQL URL with a changelog. */
async function preview(url: string, changelog: string, command = 'preview'): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const streams = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) }
  let code = -1
  await withTempDir(async (path) => {
    writeFileSync(join(path, 'log.sql'), `--liquibase formatted sql\n${changelog}`)
    const args = ['db', command, '--url', url, '--changelog', 'log.sql', '--search-path', path]
    const { password } = new URL(url)
    const bare = args.map((arg) => (arg === url ? url.replace(`:${password}@`, '@') : arg))
    code = await runProgram(bare, { SLUICE_DB_PASSWORD: decodeURIComponent(password) }, streams)
  })
  return { code, ...said }
}

describe('a changelog that is parsed while the database lets us in', () => {
  it('knows what only the connection can tell', async (t) => {
    const { url, name } = await openTestDatabase(t)
    const { code, out } = await preview(url, '--changeset a:1\nselect 1 as "${database.defaultCatalogName}";\n')
    equal(code, 0)
    match(out, new RegExp(`select 1 as "${name}"`))
  })

  it('has its problems told once', async (t) => {
    const { url } = await openTestDatabase(t)
    const { code, err } = await preview(url, '--changeset a:1 runOnChange:perhaps\nselect 1;\n--changeset a:1\nselect 2;\n')
    equal(code, 2)
    equal(err.match(/is there twice/g)?.length, 1, err)
    match(err, /CHANGELOG_INVALID/)
  })
})

describe('problems of parsing and of planning', () => {
  const first = '--changeset a:1\nselect 1;\n'
  it('are told together', async (t) => {
    const { url } = await openTestDatabase(t)
    equal((await preview(url, first, 'apply')).code, 0)
    const changelog = `--changeset a:1\nselect 2;\n--changeset a:2 wrongKey:x\nselect 1;\n--changeset a:3\nselect 'open;\n`
    for (const command of ['apply', 'preview', 'validate', 'status']) {
      const { code, err } = await preview(url, changelog, command)
      equal(code, 2, command)
      for (const problem of [/wrongKey/, /was changed after it ran/, /log\.sql:7:8: error: The string/, /has 3 problems/])
        match(err, problem, command)
    }
  })

  it('are told one kind after the other where the first kind may be why there is the second', async (t) => {
    const { url } = await openTestDatabase(t)
    const property = '--property name:word value:select\n'
    equal((await preview(url, `${property}--changeset a:1\n${'$'}{word} 1;\n`, 'apply')).code, 0)
    const { code, err } = await preview(url, '--property name:word\n--changeset a:1\n${word} 1;\n', 'apply')
    equal(code, 2)
    equal(/was changed after it ran/.test(err), false, err)
  })
})
