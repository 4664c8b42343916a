import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readCsv } from './csv.ts'
import type { CsvOptions } from './csv.ts'

function rows(text: string, options?: CsvOptions): (readonly string[])[] {
  return [...readCsv(text, options)].map((row) => row.values)
}

describe('reading CSV', () => {
  it('keeps blanks, line breaks and doubled quotes inside of quotes', () => {
    deepEqual(rows('a,b\n" x ","l1\nl2"\n"say ""hi""",\n'), [
      ['a', 'b'],
      [' x ', 'l1\nl2'],
      ['say "hi"', ''],
    ])
  })

  it('leaves out empty and comment lines, and tells where each row begins', () => {
    const text = '# c\na\r\n\r\n"1\n2"\n//x\n3'
    deepEqual(
      [...readCsv(text)].map((row) => [row.line, ...row.values]),
      [
        [2, 'a'],
        [4, '1\n2'],
        [6, '//x'],
        [7, '3'],
      ],
    )
    equal(rows(text, { comment: '//' }).length, 4)
  })

  it('says which row has a quote that is not closed', () => {
    const open = (text: string): readonly (number | boolean)[] =>
      [...readCsv(text)].flatMap((row) => [row.line, row.isUnterminated === true])
    deepEqual(open('a,b\n1,"x\n2,y\n'), [1, false, 2, true])
    deepEqual(open('a\n"x""'), [1, false, 2, true])
    deepEqual(open('a\n"x"""'), [1, false, 2, false])
  })

  it('takes other separators and quotes', () => {
    deepEqual(rows("a;'b;c'", { separator: ';', quote: "'" }), [['a', 'b;c']])
    deepEqual(rows('a\tb', { separator: '\\t' }), [['a', 'b']])
  })

  it('reads back whatever was written with quotes', () => {
    const cell = fc.string({ maxLength: 8 })
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 })
    fc.assert(
      fc.property(table, (written) => {
        const text = written.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\n')
        deepEqual(rows(text), written)
      }),
    )
  })
})
