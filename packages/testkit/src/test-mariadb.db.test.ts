import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createConnection } from 'mysql2/promise'
import { openTestMariadb, openTestMariadbDatabase, skipWithoutMariadb } from './test-mariadb.ts'

describe('the shared MariaDB', { skip: skipWithoutMariadb() }, () => {
  it('is one server with a database of its own for each test', async (t) => {
    const [server, first, second] = await Promise.all([openTestMariadb(), openTestMariadbDatabase(t), openTestMariadbDatabase(t)])
    equal(first.port, server.port)
    const connection = await createConnection(first.url.replace('mariadb:', 'mysql:'))
    await connection.query('create table t (name varchar(20)) select "häß" as name')
    const [rows] = await connection.query('select database() as db, (select name from t) as name, @@character_set_server as cs')
    deepEqual(rows, [{ db: first.name, name: 'häß', cs: 'utf8mb4' }])
    connection.destroy()
    await first.drop()
    await first.drop()
    equal(second.name === first.name, false)
  })
})
