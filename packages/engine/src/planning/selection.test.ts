import { deepEqual } from 'node:assert/strict'
import { it } from 'node:test'
import { selectionDiagnostics, tagNameDiagnostics } from './selection.ts'

const codes = (options: Parameters<typeof selectionDiagnostics>[0]): readonly string[] =>
  selectionDiagnostics(options).map((one) => `${one.severity} ${one.code}`)

it('a label filter that cannot be read is an error', () => {
  for (const labels of ['(x', 'x and', '!', 'a or or b']) deepEqual(codes({ labels }), ['error LABEL_FILTER_INVALID'], labels)
  for (const labels of ['', 'x', '!x and (y, z)']) deepEqual(codes({ labels }), [], labels)
})

it('a context to run that is no name is a warning', () => {
  for (const context of ['prod and eu', '!dev', '(prod'])
    deepEqual(codes({ contexts: ['test', context] }), ['warning CONTEXT_NOT_A_NAME'], context)
  deepEqual(codes({ contexts: ['prod', 'a-b_c.1'] }), [])
})

it('a tag has to fit into the history', () => {
  for (const tag of ['', ' ', 'x'.repeat(256), 'a\0'])
    deepEqual(
      tagNameDiagnostics(tag).map((one) => one.code),
      ['TAG_INVALID'],
    )
  deepEqual(tagNameDiagnostics('x'.repeat(255)), [])
})
