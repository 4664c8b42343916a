import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExecutionSummary } from '@sluice/contract'
import { mergeSummary } from './merge-summary.ts'

const none = { pipeline: undefined, state: undefined, cursor: undefined }
const row = (id: string, state: ExecutionSummary['state'] = 'Running', pipeline = 'shop'): ExecutionSummary => ({
  id,
  sequence: 1,
  orgIdentifier: 'default',
  projectIdentifier: 'default',
  pipelineIdentifier: pipeline,
  pipelineName: pipeline,
  state,
  cancelRequested: false,
  triggeredBy: 'ada',
  startedAt: '2026-05-10T12:00:00Z',
  dbInstances: [],
  stepCounts: {},
})
const ids = (page: { items: readonly ExecutionSummary[] }): string[] => page.items.map(({ id }) => id)

test('a changed execution replaces its row where it stands', () => {
  const page = mergeSummary({ items: [row('c'), row('b'), row('a')] }, row('b', 'Succeeded'), none, 25)
  assert.deepEqual(ids(page), ['c', 'b', 'a'])
  assert.equal(page.items[1]?.state, 'Succeeded')
})

test('an unchanged execution changes nothing', () => {
  const page = { items: [row('a')] }
  assert.equal(mergeSummary(page, row('a'), none, 25), page)
})

test('a new execution comes on top of the first page, which keeps its length', () => {
  assert.deepEqual(ids(mergeSummary({ items: [row('b'), row('a')], nextCursor: 'x' }, row('c'), none, 2)), ['c', 'b'])
})

test('later pages and older executions are left alone', () => {
  const page = { items: [row('b'), row('a')], nextCursor: 'x' }
  assert.equal(mergeSummary(page, row('c'), { ...none, cursor: 'x' }, 25), page)
  assert.equal(mergeSummary(page, row('0'), none, 25), page)
  assert.deepEqual(ids(mergeSummary({ items: [row('b')] }, row('a'), none, 25)), ['b', 'a'])
})

test('an execution that no longer fits the filters leaves, and one that does not fit never comes', () => {
  const running = { ...none, state: 'Running' as const }
  assert.deepEqual(ids(mergeSummary({ items: [row('b'), row('a')] }, row('a', 'Failed'), running, 25)), ['b'])
  const page = { items: [row('b')] }
  assert.equal(mergeSummary(page, row('c', 'Failed'), running, 25), page)
  assert.equal(mergeSummary(page, row('c', 'Running', 'other'), { ...none, pipeline: 'shop' }, 25), page)
})
