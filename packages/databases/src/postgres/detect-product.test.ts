import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectPostgresProduct, productOfVersion } from './detect-product.ts'

test('PostgreSQL is known by its version, without a question', () => {
  for (const version of ['17.2', '16.4 (Debian 16.4-1.pgdg120+1)', '18beta1', '14'])
    assert.equal(detectPostgresProduct({ server_version: version }), 'postgresql', version)
})

test('CockroachDB and YugabyteDB are known by what they report', () => {
  const cockroach = { server_version: '13.0.0', crdb_version: 'CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, go1.19.13)' }
  assert.equal(detectPostgresProduct(cockroach), 'cockroachdb')
  assert.equal(detectPostgresProduct({ server_version: '11.2-YB-2.20.1.0-b0' }), 'yugabytedb')
  assert.equal(detectPostgresProduct({ server_version: '15.2-YB-2024.2.0.0-b145' }), 'yugabytedb')
})

test('a version that leaves it open is asked about', () => {
  for (const version of ['13.0.0', '9.6.24']) assert.equal(detectPostgresProduct({ server_version: version }), undefined, version)
  assert.equal(detectPostgresProduct({}), undefined)
})

test('the text of version() tells all three', () => {
  assert.equal(productOfVersion('PostgreSQL 16.4 on x86_64-pc-linux-gnu, compiled by gcc 12.2.0, 64-bit'), 'postgresql')
  assert.equal(productOfVersion('PostgreSQL 9.6.24 on x86_64-pc-linux-gnu'), 'postgresql')
  assert.equal(productOfVersion('CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27, go1.19.13)'), 'cockroachdb')
  assert.equal(productOfVersion('PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang'), 'yugabytedb')
})
