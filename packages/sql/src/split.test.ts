import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastCpuMs } from '@sluice/testkit'
import fc from 'fast-check'
import { readCopyFromStdin } from './copy-data.ts'
import { dialectRules, type SqlDialect } from './dialect-rules.ts'
import { splitStatements, type SplitOptions } from './split.ts'

const split = (text: string, options: Partial<SplitOptions> = {}) => splitStatements(text, { dialect: 'postgresql', ...options })
const texts = (text: string, options: Partial<SplitOptions> = {}) => split(text, options).statements.map((one) => one.text)
const codes = (text: string, options: Partial<SplitOptions> = {}) => split(text, options).diagnostics.map((one) => one.code)

const whole: Readonly<Record<string, string>> = {
  'a dollar-quoted function body': 'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$',
  'a tagged dollar quote that holds another one': 'DO $body$ BEGIN EXECUTE $$ select 1; $$; END $body$',
  'a string with a semicolon and a doubled quote': "SELECT 'a;''b;'",
  'an escape string with a backslash before a quote': "SELECT E'a\\';b'",
  'an escape string that goes on in the next line': "SELECT E'a' -- why;\n  'b\\';c'",
  'a plain string that ends in a backslash': "SELECT 'c:\\'",
  'a quoted identifier with a semicolon': 'SELECT 1 AS "a;""b"',
  'a Unicode identifier and string': 'SELECT U&"d;0061" , U&\'x;y\'',
  'nested comments': 'SELECT /* a; /* b; */ c; */ 1',
  'a line comment': 'SELECT 1 -- one; two\n, 2',
  'a rule with several commands': 'CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); INSERT INTO b VALUES (2))',
  'a SQL-standard function body with CASE':
    'CREATE OR REPLACE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE a WHEN 1 THEN 2 END; SELECT 3; END',
  'an identifier with a dollar sign': 'SELECT a$b$c FROM t$x$',
  'a parameter next to a dollar quote': 'SELECT $1, $$;$$',
  'a division in the middle of a line': 'SELECT 4 / 2',
  'the word go inside of a line': 'SELECT go FROM t',
}

for (const [name, statement] of Object.entries(whole)) {
  test(`splitting keeps together ${name}`, () => {
    assert.deepEqual(texts(`${statement};\nSELECT 2;`), [statement, 'SELECT 2'])
  })
}

test('GO and slash lines end statements, in any case and indented', () => {
  assert.deepEqual(texts('SELECT 1\nGO\nSELECT 2\n  go  \nSELECT 3\n/\nSELECT 4\r\nGo\r\nSELECT 5'), [
    'SELECT 1',
    'SELECT 2',
    'SELECT 3',
    'SELECT 4',
    'SELECT 5',
  ])
})

test('a custom delimiter replaces the default ones', () => {
  assert.deepEqual(texts('SELECT 1; SELECT 2\n/\nSELECT 3', { endDelimiter: '/' }), ['SELECT 1; SELECT 2', 'SELECT 3'])
  assert.deepEqual(texts('SELECT 4 / 2\n/\n', { endDelimiter: '/' }), ['SELECT 4 / 2'])
  assert.deepEqual(texts('SELECT 1;\ngo\nSELECT 2;', { endDelimiter: 'GO' }), ['SELECT 1;', 'SELECT 2;'])
  assert.deepEqual(texts('SELECT 1 @@ SELECT 2@@', { endDelimiter: '@@' }), ['SELECT 1', 'SELECT 2'])
  assert.deepEqual(texts('SELECT 1;; SELECT ((1;;', { endDelimiter: ';;' }), ['SELECT 1', 'SELECT ((1'])
})

test('a custom delimiter that is no literal text is tried as a pattern', () => {
  assert.deepEqual(texts('SELECT 4 / 2\n/\nSELECT 2\n\n/', { endDelimiter: '\\n/' }), ['SELECT 4 / 2', 'SELECT 2'])
  assert.deepEqual(texts('SELECT 1;\n\nSELECT 2; SELECT 3;\n', { endDelimiter: ';\\s*\\n' }), ['SELECT 1', 'SELECT 2; SELECT 3'])
  assert.deepEqual(texts('a\n/\nb\n/', { endDelimiter: '\\n/$' }), ['a', 'b'])
})

test('a pattern with groups is taken literally, so that no pattern can run away', () => {
  assert.deepEqual(texts(`SELECT 1 (a+)+$ SELECT ${'a'.repeat(1000)}`, { endDelimiter: '(a+)+$' }), [
    'SELECT 1',
    `SELECT ${'a'.repeat(1000)}`,
  ])
})

test('without splitting the whole text is one statement', () => {
  const [only, ...rest] = split('\n\n SELECT 1; SELECT 2;\n', { splitStatements: false }).statements
  assert.deepEqual(only, { text: 'SELECT 1; SELECT 2;', offset: 3, end: 22, line: 3 })
  assert.deepEqual(rest, [])
})

test('stripped comments leave the line structure and hints behind', () => {
  const text = '-- head\nSELECT /* a\nb */ 1, -- one\n  2/**/+3 /*+ SeqScan(t) */;\n-- tail\n'
  assert.deepEqual(split(text, { stripComments: true }).statements, [
    { text: 'SELECT \n 1, \n  2 +3 /*+ SeqScan(t) */', offset: 8, end: 62, line: 2 },
  ])
})

test('kept comments stay where they are, and a text of comments alone is no statement', () => {
  assert.deepEqual(texts('-- head\nSELECT 1 -- tail\n;\n/* nothing else */'), ['-- head\nSELECT 1 -- tail'])
})

test('lines are counted from the given first line', () => {
  const { statements } = split('SELECT 1;\n\nSELECT\n2;SELECT 3', { firstLine: 10 })
  assert.deepEqual(
    statements.map((one) => one.line),
    [10, 12, 13],
  )
})

test('psql commands are refused with their place, and the rest is still split', () => {
  const { statements, diagnostics } = split('SELECT 1;\n  \\set x 1\nSELECT 2;', { file: 'a.sql' })
  assert.equal(statements.length, 2)
  assert.equal(diagnostics.length, 1)
  assert.deepEqual(diagnostics[0], {
    severity: 'error',
    code: 'SQL_PSQL_COMMAND',
    message: '"\\set x 1" is a command of psql, which the database server does not understand.',
    file: 'a.sql',
    line: 2,
    column: 3,
    hint: 'Remove it, or write it as SQL; scripts for psql cannot be migrations.',
  })
})

test('the data of a COPY belongs to its statement and is not taken for SQL', () => {
  const copy = "COPY t (a, b) FROM STDIN;\n1\tit's; $$\n--changes\t\\N\n\\.x\n\n\\."
  const { statements, diagnostics } = split(`SELECT 0;\n${copy}\n\nSELECT 1;`)
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(
    statements.map((one) => [one.line, one.text]),
    [
      [1, 'SELECT 0'],
      [2, copy],
      [9, 'SELECT 1'],
    ],
  )
  assert.deepEqual(readCopyFromStdin(copy), {
    command: 'COPY t (a, b) FROM STDIN',
    data: "1\tit's; $$\n--changes\t\\N\n\\.x\n\n",
    linesBefore: 1,
  })
})

test('a COPY without rows, with line ends of Windows, and with comments is read as psql reads it', () => {
  const read = (text: string): unknown => {
    const { statements, diagnostics } = split(text, { stripComments: true })
    assert.deepEqual(diagnostics, [])
    assert.equal(statements.length, 2)
    return readCopyFromStdin(statements[0]?.text ?? '')
  }
  assert.deepEqual(read('copy t from stdin;\n\\.\nSELECT 1'), { command: 'copy t from stdin', data: '', linesBefore: 1 })
  assert.deepEqual(read('copy t from stdin; \r\n1\r\n\\. \r\nSELECT 1'), {
    command: 'copy t from stdin',
    data: '1\r\n',
    linesBefore: 1,
  })
  assert.deepEqual(read("copy t /* ; */\nfrom -- ;\nstdin (delimiter ';')\n-- so\n;\n1;2\n\\.\nSELECT 1"), {
    command: "copy t  \nfrom \nstdin (delimiter ';')\n-- so\n",
    data: '1;2\n',
    linesBefore: 5,
  })
})

test('a COPY whose data cannot be found is an error with its place', () => {
  const copy = 'copy t from stdin;\n1\n\\.\n'
  assert.deepEqual(codes('copy t from stdin; select 1;\n1\n\\.\nSELECT 2'), ['SQL_COPY_FROM_STDIN'])
  assert.deepEqual(codes('SELECT 1;\ncopy t from stdin;\n1\n2'), ['SQL_COPY_UNTERMINATED'])
  assert.deepEqual(codes('copy t from stdin'), ['SQL_COPY_UNTERMINATED'])
  assert.ok(codes(copy, { splitStatements: false }).includes('SQL_COPY_FROM_STDIN'))
  assert.ok(codes('copy t from stdin\n/\n1\n\\.\n', { endDelimiter: '/' }).includes('SQL_COPY_FROM_STDIN'))
  assert.deepEqual(
    ['SELECT 1;\n\\.', 'copy t from stdin', "SELECT '\n\\.", '\n\\.'].map((text) => readCopyFromStdin(text)),
    [undefined, undefined, undefined, undefined],
  )
})

test('COPY from a file and a column called stdin are nobody’s business', () => {
  assert.deepEqual(codes("COPY t FROM '/data/stdin'; SELECT stdin FROM copy;"), [])
})

test('what is not closed is reported where it opens', () => {
  for (const [text, line] of [
    ["SELECT 1;\nSELECT 'a", 2],
    ['DO $x$ BEGIN\n END $y$', 1],
    ['SELECT 1\n/* /* */', 2],
    ['SELECT "a', 1],
    ["SELECT E'a\\'", 1],
  ] as const) {
    const { diagnostics } = split(text)
    assert.deepEqual(
      diagnostics.map((one) => [one.code, one.line]),
      [['SQL_UNTERMINATED', line]],
      text,
    )
  }
})

/** Pieces that make interesting neighbours. */
const piece = fc.oneof(
  fc.constantFrom(
    ...["'", '"', '$$', '$a$', ';', '\n', ' ', '--', '/*', '*/', '(', ')', 'BEGIN', 'ATOMIC', 'END', 'CASE', 'create function '],
    ...['`', '[', ']', '#', '/*!50003 ', 'DELIMITER $$\n', 'IF a THEN', 'END IF', 'create trigger '],
    ...["E'", '\\', '\\.', '\nGO\n', '\n/\n', 'copy t from stdin', 'a', '1', '$1', '\r\n', '@@', 'é', '😀', '/*+'],
  ),
  fc.string({ maxLength: 6 }),
)
const script = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))

const dialects: readonly SqlDialect[] = ['postgresql', 'mysql', 'sqlite']

test('whatever the text and the dialect, the tokens put together are the text', () => {
  fc.assert(
    fc.property(script, fc.constantFrom(...dialects), (text, dialect) => {
      const { readToken } = dialectRules(dialect)
      let at = 0
      for (let token = readToken(text, 0); token !== undefined; token = readToken(text, at)) {
        assert.equal(token.start, at)
        assert.ok(token.end > at)
        at = token.end
      }
      assert.equal(at, text.length)
    }),
    { numRuns: 500 },
  )
})

test('whatever the text and the dialect, statements lie in order, and between them is nothing that the database would run', () => {
  fc.assert(
    fc.property(script, fc.constantFrom(...dialects), (text, dialect) => {
      const { statements } = split(text, { dialect })
      let from = 0
      for (const statement of statements) {
        assert.ok(statement.offset >= from && statement.end > statement.offset)
        assert.equal(text.slice(statement.offset, statement.end), statement.text)
        from = statement.end
      }
      assert.ok(from <= text.length)
    }),
    { numRuns: 500 },
  )
})

test('whatever the text, statements lie in order and nothing but blanks, comments and delimiters lies between them', () => {
  fc.assert(
    fc.property(script, fc.constantFrom(undefined, ';', '/', '@@', '\\n/'), (text, endDelimiter) => {
      const { statements, diagnostics } = split(text, { endDelimiter })
      let from = 0
      let between = ''
      for (const statement of statements) {
        assert.equal(text.slice(statement.offset, statement.end), statement.text)
        between += `${text.slice(from, statement.offset)}\n`
        from = statement.end
      }
      between += text.slice(from)
      // Data of a COPY is no SQL.
      if (diagnostics.some((one) => one.code.startsWith('SQL_COPY_'))) return
      const rest = texts(between.replace(/;|@@/g, ' ').replace(/^[ \t]*(go|\/)[ \t]*$/gim, ''), { splitStatements: false })
      assert.ok(rest.length === 0 || /^[\s/;@]*$/.test(rest.join('')), JSON.stringify(rest))
    }),
    { numRuns: 500 },
  )
})

test('whatever lines a COPY has, its statement gives them back', () => {
  const line = fc.oneof(piece, fc.constantFrom('\\.', '\\. x', ' \\.', 'a\tb', ';')).map((text) => text.replace(/[\r\n]/g, ''))
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (lines, stripComments) => {
      const data = lines.filter((text) => !/^\\\.\s*$/.test(text)).map((text) => `${text}\n`)
      const { statements, diagnostics } = split(`COPY t FROM STDIN;\n${data.join('')}\\.\nSELECT 1;`, { stripComments })
      assert.deepEqual(diagnostics, [])
      assert.equal(statements.length, 2)
      assert.equal(readCopyFromStdin(statements[0]?.text ?? '')?.data, data.join(''))
    }),
  )
})

test('without delimiters in force the statement is the text without its outer blanks', () => {
  fc.assert(
    fc.property(script, (text) => {
      const [only] = texts(text, { splitStatements: false })
      if (only !== undefined) assert.ok(text.includes(only))
      if (only === undefined) assert.deepEqual(texts(text), [])
    }),
  )
})

test('time grows with the length of the text, not with its square', () => {
  const shapes = [
    "'",
    '$a$ $b$ ',
    '/*',
    '(',
    '\n',
    ';',
    "E'a'\n",
    'copy t from stdin;',
    'copy t from stdin;\n',
    'copy t from stdin;\n\\.\n',
    '\\x\n',
    'create function f begin atomic ',
    '$',
    ' /',
    '-- a\n',
  ]
  const all = [
    ...shapes.map((shape) => ({ shape, dialect: 'postgresql' as const })),
    ...["'", '`', '#', '/*!5 ', '/*', 'DELIMITER a\n', 'create procedure begin if a then ', 'end ', '*/'].map((shape) => ({
      shape,
      dialect: 'mysql' as const,
    })),
    ...['[', '"', '.a\n', 'create trigger begin case '].map((shape) => ({ shape, dialect: 'sqlite' as const })),
  ]
  for (const { shape, dialect } of all) {
    for (const endDelimiter of dialect === 'postgresql' ? [undefined, '\\s*\\n/'] : [undefined]) {
      const elapsed = (size: number): number => {
        const text = shape.repeat(Math.ceil(size / shape.length))
        return leastCpuMs(() => split(text, { dialect, endDelimiter, stripComments: true }))
      }
      elapsed(20_000)
      const small = Math.max(elapsed(25_000), 1)
      // Sixteen times the text: a quadratic splitter takes 256 times as long.
      assert.ok(elapsed(400_000) < small * 100, `${JSON.stringify(shape)} with ${endDelimiter}`)
    }
  }
})
