import { deepEqual } from 'node:assert/strict'
import { it } from 'node:test'
import type { HistoryRow } from '../history-row.ts'
import { rowsToUndo } from './rollback-rows.ts'

const history = ['a', 'b', 'c', 'd'].map((id) => ({ id, author: 'dev', path: 'db.sql' }) as HistoryRow)
const reach = (count: number, ...leftOut: readonly string[]): readonly string[] =>
  rowsToUndo(history, { count }, new Map(), (row) => leftOut.includes(row.id)).rows.map((row) => row.id)

it('counts the newest rows of a rollback', () => {
  deepEqual(reach(2), ['d', 'c'])
  deepEqual(reach(0), [])
  deepEqual(reach(9), ['d', 'c', 'b', 'a'])
})

it('does not count rows that are left out, and stops at the last one that counts', () => {
  deepEqual(reach(2, 'c'), ['d', 'c', 'b'])
  deepEqual(reach(1, 'c', 'b'), ['d'])
  deepEqual(reach(1, 'd', 'c', 'b', 'a'), ['d', 'c', 'b', 'a'])
})

it('refuses a count that is no whole number', () => {
  deepEqual(
    rowsToUndo(history, { count: -1 }, new Map()).diagnostics.map((one) => one.code),
    ['ROLLBACK_COUNT'],
  )
})
