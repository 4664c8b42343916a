import { deepEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dialect, ModelledChangeName } from '@sluice/engine'
import { mysqlDialect, postgresDialect, sqliteDialect } from '../index.ts'

const place = { file: 'db.yaml', line: 1, column: 1 }

/** What is wrong with a change of table `t`; its SQL too, should there be some. */
function problemsOf(dialect: Dialect, name: ModelledChangeName, column?: Readonly<Record<string, string>>): readonly string[] {
  const children = column === undefined ? [] : [{ name: 'column', attributes: column, children: [], place }]
  const node = { name, attributes: { tableName: 't', indexName: 'i' }, children, place }
  const { diagnostics, statements } = dialect.generate(
    { type: 'modelled', name, node, place, file: undefined },
    { defaultSchema: undefined, objectQuotingStrategy: 'LEGACY' },
  )
  return [...new Set(diagnostics.map((one) => one.message)), ...statements]
}

describe('a change that lacks what it is about is refused', () => {
  for (const dialect of [postgresDialect, mysqlDialect, sqliteDialect]) {
    it(`on ${dialect.name}`, () => {
      for (const name of ['createTable', 'addColumn', 'insert', 'update', 'createIndex'] as const)
        deepEqual(problemsOf(dialect, name), [`The change "${name}" has no columns.`])
      for (const name of ['createTable', 'addColumn', 'insert', 'update', 'dropColumn', 'createIndex'] as const)
        deepEqual(problemsOf(dialect, name, { type: 'int', value: '1' }), [`A column of "${name}" has no name.`])
    })
  }
})
