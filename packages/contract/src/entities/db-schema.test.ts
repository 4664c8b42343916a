import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dbInstance } from './db-schema.ts'

const plain = { identifier: 'orders_prod', name: 'Orders', orgIdentifier: 'default', projectIdentifier: 'default' }
const instance = { ...plain, dbSchema: 'orders', connector: 'orders_db', branch: 'main' }

test('a DB instance may limit its statements and say what becomes of interrupted changesets', () => {
  const limits = { lockTimeout: '10s', statementTimeout: '1h30m', onPartial: 'resume' as const }
  assert.equal(dbInstance.safeParse({ ...instance, ...limits }).success, true)
  assert.equal(dbInstance.safeParse(instance).success, true)
  for (const wrong of [{ lockTimeout: '10' }, { statementTimeout: '0s' }, { statementTimeout: '3w' }, { onPartial: 'ignore' }])
    assert.equal(dbInstance.safeParse({ ...instance, ...wrong }).success, false, JSON.stringify(wrong))
})

test('a DB instance takes exactly one revision', () => {
  assert.equal(dbInstance.safeParse({ ...instance, gitTag: 'v1' }).success, false)
  assert.equal(dbInstance.safeParse({ ...instance, branch: undefined }).success, false)
})
