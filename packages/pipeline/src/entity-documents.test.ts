import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseEntityDocuments } from './entity-documents.ts'

const file = `# The shop
connector:
  identifier: shop_db
  type: Jdbc
  spec:
    connectionUrl: jdbc:postgresql://db/shop
    auth: {type: UsernamePassword, spec: {username: app, passwordRef: shop_pw}}
---
dbSchema:
  identifier: shop
  tags: [a, b]
---
pipeline:
  identifier: deploy # kept
  stages: []
`

test('each document has a kind, a value and its own text', () => {
  const { documents, diagnostics } = parseEntityDocuments(file, { file: 'shop.yaml' })
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ['connector', 'dbSchema', 'pipeline'],
  )
  assert.deepEqual(documents[1]?.value, { identifier: 'shop', tags: ['a', 'b'] })
  assert.deepEqual(
    documents.map(({ sourceLine, source }) => source.split('\n')[0] === file.split('\n')[sourceLine - 1]),
    [true, true, true],
  )
  assert.equal(documents[2]?.sourceLine, 13)
  assert.equal(documents[2]?.source, 'pipeline:\n  identifier: deploy # kept\n  stages: []\n')
})

test('paths inside a value are found in the file', () => {
  const [connector, schema] = parseEntityDocuments(file).documents
  assert.deepEqual(connector?.locate(['spec', 'auth', 'spec', 'username']), { line: 7, column: 43 })
  assert.deepEqual(connector?.locate(['spec', 'missing', 'deeper']), { line: 5, column: 3 })
  assert.deepEqual(connector?.locate([]), { line: 2, column: 1 })
  assert.deepEqual(schema?.locate(['tags', 1]), { line: 11, column: 13 })
})

test('what is no entity is an error, and the others are still there', () => {
  const { documents, diagnostics } = parseEntityDocuments(
    'dbSchemas: {}\n---\nsecret: {identifier: a}\n---\na: {}\nb: {}\n---\n- x\n---\nproject: 5\n',
  )
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ['secret'],
  )
  assert.deepEqual(
    diagnostics.map(({ line, code, hint }) => [line, code, hint?.slice(0, 24)]),
    [
      [1, 'ENTITY_UNKNOWN_KIND', 'Did you mean "dbSchema"?'],
      [6, 'ENTITY_STRUCTURE', 'Separate entities with a'],
      [8, 'ENTITY_STRUCTURE', 'Begin a document with on'],
      [10, 'ENTITY_STRUCTURE', undefined],
    ],
  )
})

test('an empty file has no entities', () => {
  assert.deepEqual(parseEntityDocuments('# nothing\n---\n').documents, [])
})

test('any text gives documents or diagnostics', () => {
  const edit = fc.record({
    at: fc.nat(file.length),
    insert: fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('---\n', ':', '[', '&a', '\t')),
  })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 5 }), (edits) => {
      const text = edits.reduce((result, { at, insert }) => result.slice(0, at) + insert + result.slice(at), file)
      const { documents, diagnostics } = parseEntityDocuments(text)
      assert.ok(documents.length > 0 || diagnostics.length > 0)
      for (const document of documents) assert.ok(document.locate(['spec', 'auth', 0]).line >= 1)
    }),
    { numRuns: 300 },
  )
})
