import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hintFor } from './prepare-cluster.ts'

test('a user without a name is told that this is what PostgreSQL minds', () => {
  assert.match(hintFor('initdb: could not look up effective user ID 12345: user does not exist'), /SLUICE_DATABASE_URL/)
  assert.match(hintFor('initdb: error: could not create directory'), /disk has room/)
})
