import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { withTempDir } from '@sluice/testkit'
import { runProgram } from './program.ts'

const changelog = `--liquibase formatted sql
--changeset dev:1
create table a (id int);
--rollback drop table a;
--changeset dev:2
create table b (id int);
--rollback drop table b;
`

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Commands on one SQLite file, as a script gives them: nobody can be asked. */
async function withCommands(
  use: (run: (...args: readonly string[]) => Promise<Said>) => Promise<void>,
  text = changelog,
  file = 'log.sql',
): Promise<void> {
  await withTempDir(async (path) => {
    writeFileSync(join(path, file), text)
    await use(async (command = '', ...args) => {
      const said = { out: '', err: '' }
      const streams = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) }
      const needsChangelog = !/^(?:history|tag|tag-exists|locks|unlock|clear-checksums|execute-sql)$/.test(command)
      const files = needsChangelog ? ['--changelog', file, '--search-path', path] : []
      const code = await runProgram(['db', command, '--url', `sqlite:${join(path, 'test.db')}`, ...files, ...args], {}, streams)
      return { code, ...said }
    })
  })
}

describe('sluice db', () => {
  it('says how a changelog is named that was given by its path on this host', async () => {
    await withTempDir(async (path) => {
      const file = join(path, 'log.sql')
      writeFileSync(file, changelog)
      let said = ''
      const streams = { out: () => {}, err: (text: string) => void (said += text) }
      equal(await runProgram(['db', 'validate', '--url', 'sqlite::memory:', '--changelog', file], {}, streams), 2)
      match(said, /has 1 problem; nothing was changed/)
      equal(said.includes(`--search-path ${path} --changelog log.sql`), true)
    })
  })

  it('shows plans without writing, and takes Liquibase’s names', async () => {
    await withCommands(async (run) => {
      const dry = await run('update', '--dry-run', '--json')
      equal(dry.code, 0)
      deepEqual(
        (JSON.parse(dry.out) as { changesets: { id: string }[] }).changesets.map(({ id }) => id),
        ['1', '2'],
      )
      match((await run('history')).out, /The history is empty/)
      match((await run('changelog-sync', '--next')).out, /recorded {2}log\.sql::1::dev/)
      match((await run('apply')).out, /1 changeset applied/)
      match((await run('checksum', 'log.sql::1::dev')).out, /^(9:\w{32}) {2}log\.sql::1::dev\n\1 {2}in the history/)
    })
  })

  it('asks before newer changesets stay, and answers checks with exit code 3', async () => {
    await withCommands(async (run) => {
      await run('apply')
      const refused = await run('rollback', '--changeset', 'log.sql::1::dev')
      equal(refused.code, 1)
      match(refused.err, /ROLLBACK_OUT_OF_ORDER/)
      equal((await run('rollback', '--changeset', 'log.sql::1::dev', '--force')).code, 0)
      equal((await run('tag-exists', 'v1')).code, 3)
      equal((await run('tag', 'v1')).code, 0)
      equal((await run('tag-exists', 'v1')).code, 0)
      const unconfirmed = await run('test-rollback')
      equal(unconfirmed.code, 2)
      match(unconfirmed.err, /CONFIRMATION_NEEDED/)
      match((await run('test-rollback', '--yes')).out, /1 changeset applied, rolled back and applied again/)
    })
  })

  it('runs commands of the host only when told, and knows the database’s properties', async () => {
    const args = `[{ arg: { value: -p } }, { arg: { value: '"backed " + "up"' } }]`
    const text = `databaseChangeLog:
  - changeSet:
      id: 1
      author: dev
      changes:
        - sql: { sql: 'create table t_\${database.databaseProductName} (id int)' }
        - executeCommand: { executable: '${process.execPath}', args: ${args} }
`
    await withCommands(
      async (run) => {
        const refused = await run('apply')
        equal(refused.code, 1)
        match(refused.err, /CHANGE_COMMAND_REFUSED/)
        match((await run('preview')).out, /create table t_SQLite \(id int\);[^]*-- .* -p "backed " \+ "up";/)
        const applied = await run('apply', '--allow-commands')
        equal(applied.code, 0, applied.err)
        match(applied.err, /backed up/)
      },
      text,
      'log.yaml',
    )
  })

  it('settles what an interrupted run left half-done', async () => {
    const half = `--liquibase formatted sql
--changeset dev:1 runInTransaction:false
create table a (id int);
insert into nope values (1);
`
    await withCommands(async (run) => {
      equal((await run('apply')).code, 1)
      match((await run('apply')).err, /CHANGESET_PARTIAL/)
      const name = ['--changeset', 'log.sql::1::dev', '--as', 'done']
      match((await run('resolve-partial', ...name, '--dry-run')).out, /1 of 2 statements .* nothing was changed/)
      match((await run('resolve-partial', ...name)).out, /It is recorded as done/)
      match((await run('resolve-partial', ...name)).err, /PARTIAL_NOT_FOUND/)
      match((await run('apply')).out, /up to date/)
    }, half)
  })

  it('executes SQL and shows its rows', async () => {
    await withCommands(async (run) => {
      const said = await run(
        'execute-sql',
        '--sql',
        'create table t (x int); insert into t values (7); select x from t',
        '--json',
      )
      deepEqual(
        (JSON.parse(said.out) as { statements: { values: unknown }[] }).statements.map(({ values }) => values),
        [null, null, [['7']]],
      )
      const failed = await run('execute-sql', '--sql', 'insert into t values (8); selec')
      equal(failed.code, 1)
      match(failed.err, /All of it was rolled back[^]*Statement 2 failed/)
      equal((await run('execute-sql')).code, 2)
    })
  })
})
