import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { publicEndpoints } from './api/endpoints.ts'
import { createOpenApi } from './openapi.ts'

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
const document = createOpenApi({ version, endpoints: publicEndpoints })
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json says (npm run generate writes it)', () => {
    const path = join(import.meta.dirname, '../../../docs/openapi.json')
    assert.equal(readFileSync(path, 'utf8'), `${JSON.stringify(document, null, 2)}\n`)
  })

  it('has every public call once', () => {
    assert.equal(operations.length, publicEndpoints.length)
    assert.equal(new Set(operations.map((operation) => operation.operationId)).size, publicEndpoints.length)
  })

  it('leads nowhere that it does not have', () => {
    const text = JSON.stringify(document)
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      assert.ok(document.components.schemas[name ?? ''] !== undefined, name)
    }
    assert.doesNotMatch(text, /\$defs|"\$schema"/)
  })

  it('names every parameter of a path, and no other', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const operation of Object.values(methods)) {
        const named = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
        assert.deepEqual(named, inPath, path)
      }
    }
  })

  it('asks for If-Match where a version is changed', () => {
    const asking = operations.filter(({ parameters }) => parameters.some(({ name }) => name === 'If-Match'))
    assert.equal(asking.length, 14)
  })
})
