import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { executionEndpoints } from '@sluice/contract'
import { openDatabase } from '@sluice/databases'
import { openTestMariadbDatabase, skipWithoutMariadb } from '@sluice/testkit'
import { type Installation, openInstallation } from '../support/installation.ts'
import { instanceEntities } from '../support/shop-entities.ts'

const changelog = `--liquibase formatted sql
--changeset ada:1
CREATE TABLE a (id int primary key, name varchar(20));
--rollback DROP TABLE a;
--changeset ada:2 dbms:mariadb
CREATE TABLE only_mariadb (id int);
--rollback DROP TABLE only_mariadb;
--changeset ada:3 dbms:sqlite
CREATE TABLE only_sqlite (id int);
--rollback DROP TABLE only_sqlite;
--changeset ada:4
INSERT INTO a (id, name) VALUES (1, 'x; y');
--rollback DELETE FROM a WHERE id = 1;
`

void describe('pipelines on MariaDB and SQLite', () => {
  let sluice: Installation
  let sqliteFile = ''

  before(async () => {
    sluice = await openInstallation({
      policy: (repositoriesDir) =>
        `git:\n  allowLocalPaths: [${JSON.stringify(repositoriesDir)}]\ntargets: ["*:*/*", "sqlite:${repositoriesDir}/**"]\n`,
    })
    await sluice.startDelegate()
    sqliteFile = join(sluice.dir, 'repositories', 'shop.db')
  })
  after(() => sluice?.[Symbol.asyncDispose]())

  const idsOf = async (url: string): Promise<readonly unknown[]> => {
    const database = await openDatabase({ url })
    try {
      const { rows } = await database.query('SELECT ID FROM DATABASECHANGELOG ORDER BY ORDEREXECUTED')
      return rows.map(([id]) => id).filter((id) => /^\d$/.test(String(id)))
    } finally {
      await database.close()
    }
  }
  const run = async (pipeline: string): Promise<string> => {
    const execution = await sluice.waitForExecution(await sluice.run(pipeline))
    assert.equal(execution.state, 'Succeeded', JSON.stringify(execution, null, 1))
    return execution.id
  }
  void test('a changelog reaches a MariaDB, once', { skip: skipWithoutMariadb() }, async (t) => {
    const target = await openTestMariadbDatabase(t)
    const repository = sluice.createRepository('maria')
    repository.commit({ 'changelog.sql': changelog })
    // The URL says MySQL; that it is a MariaDB, the server says.
    const jdbcUrl = `jdbc:mysql://localhost:${String(target.port)}/${target.name}?useUnicode=true`
    await sluice.apply(instanceEntities({ name: 'maria', repositoryDir: repository.dir, target: { jdbcUrl, user: target.user } }))
    await sluice.setSecret('maria_password', target.password, [`jdbc:mariadb://127.0.0.1:${String(target.port)}/${target.name}`])
    const id = await run('maria_pipeline')
    assert.deepEqual(await idsOf(target.url), ['1', '2', '4'])
    const { items } = await sluice.client.call(executionEndpoints.changesets, { params: { executionId: id }, query: {} })
    assert.deepEqual(
      items.map((item) => [item.id, item.state]),
      [
        ['1', 'applied'],
        ['2', 'applied'],
        ['4', 'applied'],
      ],
    )
    await run('maria_pipeline')
    assert.deepEqual(await idsOf(target.url), ['1', '2', '4'])
  })

  void test('a changelog reaches a SQLite file of the delegate’s host, where its policy names it', async () => {
    const repository = sluice.createRepository('lite')
    repository.commit({ 'changelog.sql': changelog })
    const entities = (url: string): string =>
      instanceEntities({ name: 'lite', repositoryDir: repository.dir, target: { jdbcUrl: url, user: 'nobody' } })
        .replace(/auth: \{ type: UsernamePassword, .*\}/, 'auth: { type: DelegateCredentials }')
        .replace(/\nsecret: .*\n---/, '')
    await sluice.apply(entities(`jdbc:sqlite:${sqliteFile}`))
    await run('lite_pipeline')
    assert.deepEqual(await idsOf(`sqlite:${sqliteFile}`), ['1', '3', '4'])
    await run('lite_pipeline')
    assert.deepEqual(await idsOf(`sqlite:${sqliteFile}`), ['1', '3', '4'])

    const elsewhere = join(sluice.dir, 'elsewhere.db')
    await sluice.apply(entities(`jdbc:sqlite:${elsewhere}`))
    const refused = await sluice.waitForExecution(await sluice.run('lite_pipeline'))
    assert.equal(refused.state, 'Failed')
    assert.match(JSON.stringify(refused), /policy does not allow database file/)
    assert.equal(existsSync(elsewhere), false)
  })
})
