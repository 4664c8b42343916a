import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryTree } from './file-tree.ts'
import { parseChangelog } from './parse-changelog.ts'
import { defineLocal, openScope, Properties, type ExpansionProblem } from './properties.ts'
import { readPropertiesFile } from './properties-file.ts'

function expand(
  properties: Properties,
  text: string,
  scope = properties.root,
): { text: string; problems: readonly ExpansionProblem[] } {
  const problems: ExpansionProblem[] = []
  return { text: properties.expand(text, scope, (problem) => problems.push(problem)), problems }
}

test('environment, database facts and given properties win over the changelog, in this order', () => {
  const properties = new Properties({
    environment: { a: 'env' },
    database: { a: 'db', b: 'db' },
    given: { b: 'given', c: 'given' },
  })
  for (const name of ['a', 'b', 'c', 'd']) properties.defineGlobal(name, 'file')
  assert.equal(expand(properties, '${a} ${b} ${c} ${d}').text, 'env db given file')
})

test('the first global definition wins, names ignore case and blanks around them', () => {
  const properties = new Properties()
  properties.defineGlobal('Name', 'first')
  properties.defineGlobal('name', 'second')
  assert.equal(expand(properties, '${ NAME }').text, 'first')
})

test('local properties are seen by their file and below, the latest first, after global ones', () => {
  const properties = new Properties()
  const parent = openScope(properties.root)
  const child = openScope(parent)
  defineLocal(parent, 'x', 'one')
  defineLocal(parent, 'x', 'two')
  defineLocal(child, 'y', 'inner')
  assert.equal(expand(properties, '${x} ${y}', child).text, 'two inner')
  assert.equal(expand(properties, '${y}', parent).text, '${y}')
  properties.defineGlobal('x', 'global')
  assert.equal(expand(properties, '${x}', child).text, 'global')
})

test('names inside of names and values inside of values are expanded', () => {
  const properties = new Properties({ given: { env: 'dev', 'schema.dev': 's_${env}' } })
  assert.equal(expand(properties, 'a ${schema.${env}} b } ${open').text, 'a s_dev b } ${open')
})

test('unknown names stay as written, become empty or are reported, as wanted', () => {
  assert.equal(expand(new Properties(), '${ x }').text, '${ x }')
  assert.equal(expand(new Properties({ missing: 'empty' }), 'a${x}b').text, 'ab')
  assert.equal(expand(new Properties({ missing: 'error' }), '${x}').problems[0]?.code, 'CHANGELOG_PROPERTY_MISSING')
})

test('a property that holds itself is reported with the way it takes', () => {
  const properties = new Properties({ given: { a: '${b}', b: 'x${a}' } })
  const { problems } = expand(properties, '${a}')
  assert.equal(problems[0]?.message, 'The property "a" is defined by itself: a → b → a.')
})

test('properties that multiply each other stop at a bound', () => {
  const given: Record<string, string> = { p0: '' }
  for (let level = 1; level < 30; level++) given[`p${level}`] = `\${p${level - 1}}`.repeat(10)
  const { problems } = expand(new Properties({ given }), '${p29}')
  assert.deepEqual(
    problems.map((one) => one.code),
    ['CHANGELOG_PROPERTY_TOO_LARGE'],
  )
})

test('expansion is linear in open braces', () => {
  assert.equal(expand(new Properties(), '${'.repeat(200_000)).text.length, 400_000)
})

test('what the connection tells is there for changelogs, wins over what is given, and is known to be asked for', () => {
  const parse = (text: string) =>
    parseChangelog('a.sql', createMemoryTree({ 'a.sql': `--liquibase formatted sql\n--changeset dev:1\n${text};\n` }), {
      dbms: 'postgresql',
      databaseFacts: { serverVersion: '16.4', databaseName: 'shop', defaultSchema: 'sales' },
      properties: { 'database.defaultSchemaName': 'given' },
    })
  const { changelog, asksDatabase } = parse('create table ${database.defaultSchemaName}.t (id int)')
  const change = changelog?.changesets[0]?.changes[0]
  assert.match(change?.type === 'sql' ? change.text : '', /create table sales\.t/)
  assert.equal(asksDatabase, true)
  assert.equal(parse('create table t (id int)').asksDatabase, false)
  assert.equal(parse('--preconditions onFail:HALT\nselect 1').asksDatabase, false)
})

test('Java properties files are read with their comments, escapes and continued lines', () => {
  const text = '# c\n! c\na=1\n b : 2 \nc 3\nlong=x\\\n   y\nu=\\u0041\\n\\=\n\nempty\nk\\ e=v'
  assert.deepEqual(readPropertiesFile(text), [
    ['a', '1'],
    ['b', '2 '],
    ['c', '3'],
    ['long', 'xy'],
    ['u', 'A\n='],
    ['empty', ''],
    ['k e', 'v'],
  ])
})
