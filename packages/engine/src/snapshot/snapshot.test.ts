import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppError } from '@sluice/base'
import type { ChangelogPlan } from './changelog-plan.ts'
import { diffSnapshots } from './diff.ts'
import { looksLikeSnapshot, parseSnapshot, serializeSnapshot } from './document.ts'
import { createFilter, parseObjectTypes } from './filter.ts'
import { objectId, snapshotFormat, snapshotVersion } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'
import { orderObjects, wholeOf } from './order.ts'
import { formatOfFile, writeChangelog } from './write-changelog.ts'

function object(type: SnapshotObject['type'], name: string, more: Partial<SnapshotObject> = {}): SnapshotObject {
  return { type, schema: null, name, properties: {}, create: [`CREATE ${name}`], drop: [`DROP ${name}`], dependsOn: [], ...more }
}

function snapshot(objects: readonly SnapshotObject[], more: Partial<Snapshot> = {}): Snapshot {
  return {
    format: snapshotFormat,
    version: snapshotVersion,
    product: 'postgresql',
    serverVersion: '17',
    database: 'shop',
    schemas: ['public'],
    isPortable: true,
    objects,
    uncarried: [],
    ...more,
  }
}

function plan(...statements: readonly (readonly string[])[]): ChangelogPlan {
  return {
    product: 'postgresql',
    diagnostics: [],
    steps: statements.map((list) => ({
      name: 'do-it',
      comments: [],
      statements: list,
      rollback: ['DROP IT'],
      losesData: undefined,
    })),
  }
}

const names = (objects: readonly SnapshotObject[]): readonly string[] =>
  orderObjects(objects).steps.map(({ object: one, phase }) => `${one.name}${phase === 'attach' ? '+' : ''}`)

test('objects come after what they depend on, and otherwise by type and name', () => {
  const a = object('table', 'a', { dependsOn: ['table z', 'table elsewhere'] })
  assert.deepEqual(
    names([object('view', 'v', { dependsOn: ['function f'] }), object('function', 'f'), a, object('table', 'z')]),
    ['z', 'a', 'f', 'v'],
  )
})

test('what an object attaches comes as soon as it can, and what needs it whole after that', () => {
  const sequence = object('sequence', 's', { attach: { statements: ['x'], after: ['table t'] } })
  const user = object('sequence', 'a', { dependsOn: [wholeOf('sequence s')] })
  assert.deepEqual(names([object('table', 't', { dependsOn: ['sequence s'] }), sequence, user]), ['s', 't', 's+', 'a'])
})

test('a cycle is named and does not stop the rest', () => {
  const order = orderObjects([
    object('view', 'a', { dependsOn: ['view b'] }),
    object('view', 'b', { dependsOn: ['view a'] }),
    object('view', 'c'),
  ])
  assert.deepEqual(
    order.cyclic.map(({ name }) => name),
    ['a'],
  )
  assert.deepEqual(
    order.steps.map(({ object: one }) => one.name),
    ['c', 'a', 'b'],
  )
})

test('parts are told with the table that is missing, and count once', () => {
  const table = object('table', 't')
  const column = object('column', 'c', { table: 't', partOf: objectId(table) })
  const index = object('index', 'i', { table: 't' })
  const diff = diffSnapshots(snapshot([table, column, index]), snapshot([]))
  assert.equal(diff.missing.length, 1)
  assert.deepEqual(
    diff.missing[0]?.parts.map(({ name }) => name),
    ['c', 'i'],
  )
  assert.equal(diffSnapshots(snapshot([table, column, index]), snapshot([table, column])).missing.length, 1)
})

test('the order of columns counts among those that both sides have; facts for planning do not', () => {
  const of = (order: readonly string[], fact: string): Snapshot =>
    snapshot([object('table', 't', { properties: { columnOrder: order, '~fact': fact } })])
  assert.equal(diffSnapshots(of(['a', 'b'], 'x'), of(['a', 'n', 'b'], 'y')).isEmpty, true)
  assert.equal(diffSnapshots(of(['a', 'b'], 'x'), of(['b', 'a'], 'x')).changed[0]?.differences[0]?.property, 'columnOrder')
})

test('snapshots of different products, or of one schema and named ones, are not compared', () => {
  assert.throws(() => diffSnapshots(snapshot([]), snapshot([], { product: 'sqlite' })), { code: 'SNAPSHOTS_NOT_COMPARABLE' })
  assert.throws(() => diffSnapshots(snapshot([]), snapshot([], { isPortable: false })), { code: 'SNAPSHOTS_NOT_COMPARABLE' })
  assert.equal(diffSnapshots(snapshot([], { product: 'mysql' }), snapshot([], { product: 'mariadb' })).isEmpty, true)
})

test('a stored snapshot is read back as it was; damaged and newer ones are refused with what to do', () => {
  const one = snapshot([object('table', 't', { properties: { b: 'x', a: ['1', '2'], c: null } })])
  const text = serializeSnapshot(one)
  assert.ok(looksLikeSnapshot(text))
  assert.deepEqual(parseSnapshot(text, 'a.json').snapshot, one)
  const codeOf = (changed: string): string | undefined => parseSnapshot(changed, 'a.json').diagnostics[0]?.code
  assert.equal(codeOf('{'), 'SNAPSHOT_INVALID')
  assert.equal(codeOf('{}'), 'SNAPSHOT_INVALID')
  assert.equal(codeOf(text.replace('"version": 1', '"version": 99')), 'SNAPSHOT_VERSION')
  assert.equal(codeOf(text.replace('"table"', '"tabel"')), 'SNAPSHOT_INVALID')
  assert.equal(codeOf(text.replace('"drop": [', '"drop": [1, ')), 'SNAPSHOT_INVALID')
})

test('filters take types, names with wildcards, and the tables that things belong to', () => {
  const table = object('table', 'order_items')
  const column = object('column', 'id', { table: 'order_items', partOf: objectId(table) })
  const index = object('index', 'by_id', { table: 'order_items' })
  assert.deepEqual([table, column, index].map(createFilter({ types: ['table'] })), [true, true, false])
  assert.deepEqual([table, column, index].map(createFilter({ include: ['order_*'] })), [true, true, true])
  assert.deepEqual([table, column, index].map(createFilter({ exclude: ['by_?d'] })), [true, true, false])
  assert.deepEqual([table].map(createFilter({ include: ['order.items'] })), [false])
  assert.deepEqual(parseObjectTypes(['Tables', 'primarykey']), ['table', 'primaryKey'])
  assert.throws(
    () => parseObjectTypes(['tabel']),
    (error: AppError) => error.code === 'SNAPSHOT_TYPE_UNKNOWN' && /"table"/.test(error.hint ?? ''),
  )
})

const awkward = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n  SELECT 'a;b' || $x$//$x$ -- ]]> & <b>\n$$"

for (const format of ['sql', 'yaml', 'json', 'xml'] as const) {
  test(`a changelog in ${format} carries every text unchanged, and can be added to`, () => {
    const first = writeChangelog(plan([awkward], ['CREATE A', `COMMENT ON A IS 'x;y'`]), { format, author: 'some one' })
    assert.deepEqual(first.diagnostics, [])
    const again = writeChangelog(plan([awkward]), { format, author: 'b', existing: first.text })
    assert.deepEqual(again.diagnostics, [])
    assert.ok(again.changesets[0]?.id.endsWith('-2'))
    assert.ok(again.text.includes(first.changesets[1]?.id ?? 'missing'))
    assert.throws(() => writeChangelog(plan([awkward]), { format, author: 'b', existing: 'no changelog' }), {
      code: 'CHANGELOG_NOT_APPENDABLE',
    })
  })
}

test('a text that formatted SQL would read as a directive is refused there and carried elsewhere', () => {
  const trap = 'CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n--rollback DROP TABLE everything\nSELECT 1\n$$'
  const refused = writeChangelog(plan([trap]), { format: 'sql', author: 'a' })
  assert.deepEqual(
    refused.diagnostics.map(({ code }) => code),
    ['CHANGELOG_NOT_CARRIED'],
  )
  assert.deepEqual(writeChangelog(plan([trap]), { format: 'yaml', author: 'a' }).diagnostics, [])
})

test('the format follows from a file’s name', () => {
  assert.deepEqual(['a.sql', 'b.YML', 'c.json', 'd.txt', 'e'].map(formatOfFile), ['sql', 'yaml', 'json', undefined, undefined])
})
