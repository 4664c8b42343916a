import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createSeededRandom } from '@sluice/testkit'

/** What a generated file is read as. */
export const fuzzKinds = [
  'yaml',
  'json',
  'xml',
  'formatted',
  'raw',
  'properties',
  'csv',
  'expression',
  'postgresql',
  'mysql',
  'sqlite',
] as const
export type FuzzKind = (typeof fuzzKinds)[number]

export interface FuzzFile {
  readonly kind: FuzzKind
  readonly text: string
}

const lengthMax = 40_000
const root = join(import.meta.dirname, '../..')

const statements = [
  "CREATE FUNCTION f() RETURNS int AS $body$ BEGIN RETURN 'a;b'; END; $body$ LANGUAGE plpgsql;\nSELECT 1;",
  'DELIMITER //\nCREATE PROCEDURE p() BEGIN IF 1 THEN SELECT \';\'; END IF; END//\nDELIMITER ;\nSELECT `a;b`, "c;d" # x;\n;',
  'CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; END;\nSELECT [a;b];\n/* ; /* nested */ */ SELECT 1 -- ;\n;',
  "COPY t FROM STDIN;\n1\tx;\n\\.\nSELECT E'\\';' , U&'x', B'01';\n\\d t\nGO\n/\nSELECT CASE WHEN 1 THEN 2 END;",
  'CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;\n/*! SET NAMES x; */ /*+ hint */ SELECT 1;',
]

const seeds: Readonly<Record<FuzzKind, readonly string[]>> = {
  yaml: [...vectors('.yaml'), 'a: &x [1, *x]\nb: !!int "3"\n<<: *x\nc: >+2\n  text\n? k\n: v\n---\n'],
  json: [
    '{"databaseChangeLog": [{"changeSet": {"id": 1, "author": "a", "changes": [{"createTable": {"tableName": "t", "columns": [{"column": {"name": "c", "type": "int"}}]}}]}}, {"property": {"name": "p", "value": "${p}"}}]}',
  ],
  xml: vectors('.xml'),
  formatted: vectors('.sql'),
  raw: statements,
  properties: ['# c\na=b\nc : d\\\n  e\n! x\n\\u0041\\=\\ b=\\t\n', 'parameter.x=1\nlong=' + 'y\\\n'.repeat(20)],
  csv: ['id,name\n1,"a ""b"" c"\n2,\'x\n\n# c\n3,NULL\n', 'a;b;c\n;;\n"x\ny";1;2\n'],
  expression: ['(a or b) and !c', 'not a, b and (c or (d and !e)), @f', '!(a,b) or c', '((((a))))'],
  postgresql: statements,
  mysql: statements,
  sqlite: statements,
}

/** Small changelogs of the test vectors. */
function vectors(ending: string): readonly string[] {
  const folder = join(root, 'packages/changelog/testdata')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending))
  return names.toSorted().map((name) => readFileSync(join(folder, name), 'utf8').slice(0, 4_000))
}

const tokens = [
  ...[
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '  ',
    '\0',
    '\uFEFF',
    '\u2028',
    '\uD800',
    '😀',
    'é',
    '"',
    "'",
    '`',
    '\\',
    '$',
    '$$',
    '$a$',
    '${',
    '}',
    '${a}',
  ],
  ...[
    '--',
    '-- ',
    '/*',
    '*/',
    '/*!',
    '#',
    ';',
    ';;',
    '//',
    '\n/\n',
    '\nGO\n',
    'BEGIN ',
    ' END',
    'DELIMITER ',
    'CASE ',
    'IF ',
    'LOOP ',
    '[',
    ']',
    '{',
    '}',
    '(',
    ')',
  ],
  ...[
    ': ',
    ':',
    '- ',
    '? ',
    '|\n',
    '>-\n',
    '&a ',
    '*a',
    '!t ',
    '<<: ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '<',
    '>',
    '</',
    '/>',
    '="',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '&amp;',
    '&#x0;',
    '<!DOCTYPE a>',
    'xmlns:x=',
  ],
  ...[
    '--changeset a:1\n',
    '--rollback ',
    '--preconditions onFail:',
    '--precondition-sql-check ',
    '--property name:a value:${a}\n',
    '--ignoreLines:start\n',
    '/* liquibase rollback\n',
  ],
  ...['and ', ' or ', 'not ', '!', '@', ',', '=', '0', '9'.repeat(40), '-1', '1e999', '2001-02-30', 'null', 'true', '~'],
]

/** The file that a seed stands for: one of the seeds above after some changes, sometimes with a piece repeated very often. */
export function fuzzFile(seed: number): FuzzFile {
  const random = createSeededRandom(seed)
  const pick = <T>(list: readonly T[]): T => {
    const found = list[Math.floor(random() * list.length)]
    if (found === undefined) throw new Error('The list is empty.')
    return found
  }
  const kind = pick(fuzzKinds)
  let text = pick(seeds[kind])
  const changes = Math.floor(random() * 12)
  for (let change = 0; change < changes; change++) text = mutate(text, kind, random, pick)
  if (random() < 0.1) text = pick(tokens).repeat(1 + Math.floor(random() * 3_000)) + text
  return { kind, text: text.slice(0, lengthMax) }
}

function mutate(text: string, kind: FuzzKind, random: () => number, pick: <T>(list: readonly T[]) => T): string {
  const at = Math.floor(random() * (text.length + 1))
  const end = Math.min(text.length, at + Math.floor(random() ** 3 * 400))
  const [before, piece, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)]
  const ways = [
    () => before + after,
    () => before + piece + piece + after,
    () => before + pick(tokens) + piece + after,
    () => before + pick(tokens) + after,
    () => before + pick(tokens) + pick(tokens) + piece + pick(tokens) + after,
    () => before + pick(seeds[kind]).slice(0, Math.floor(random() * 500)) + after,
    () => after + before,
    () => before + (piece === '' ? pick(tokens) : piece.slice(0, 40)).repeat(1 + Math.floor(random() ** 4 * 500)) + after,
    () => before,
    () => before + String.fromCharCode(Math.floor(random() * 0x250)) + piece + after,
  ]
  return pick(ways)().slice(0, lengthMax)
}
