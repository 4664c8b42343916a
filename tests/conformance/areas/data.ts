import type { ChangesetArea } from '../framework/model.ts'
import { casesOf, column, id, insert, table, value } from './variants.ts'

const person = table(
  '$t',
  id,
  column('name', 'varchar(40)'),
  column('age', 'int'),
  column('active', 'boolean'),
  column('born', 'date'),
  column('at', 'datetime'),
  column('rate', 'decimal(10,3)'),
  column('note', 'clob'),
)
const key = value('id', { valueNumeric: 1 })
const two = [
  person,
  insert('$t', key, value('name', { value: 'Ann' }), value('age', { valueNumeric: 30 })),
  insert('$t', value('id', { valueNumeric: 2 }), value('name', { value: 'Bob' })),
]

const csv = {
  'people.csv': 'id,name,age,active,born\n1,Ann,30,true,2001-02-03\n2,"Bob, ""B""",NULL,false,NULL\n',
  'semi.csv': "id;name;age\n1;'Ann; A';30\n2;Bob;\n",
  'comments.csv': 'id,name\n# a comment\n1,Ann\n\n2,Bob\n',
  'dashes.csv': 'id,name\n-- a comment\n1,Ann\n',
  'types.csv':
    'id,name,age,active,born,at,rate,note\n1,x,7,1,2001-02-03,2001-02-03 04:05:06,1.5,long\n2,NULL,NULL,0,NULL,NULL,NULL,NULL\n',
  'index.csv': 'a,b,c\n1,Ann,zzz\n2,Bob,yyy\n',
  'update.csv': 'id,name,age\n1,Anna,31\n3,Cid,3\n',
  'empty.csv': 'id,name\n',
  'blank.csv': 'id,name\n1,\n2,""\n3, x \n',
  'utf8.csv': 'id,name\n1,Äöü€\n',
  'bad.csv': 'id,nope\n1,x\n',
}

export const data: ChangesetArea = {
  area: 'data',
  kind: 'changesets',
  format: 'yaml',
  cases: [
    ...casesOf(
      {
        change: 'insert',
        given: [person],
        base: { tableName: '$t', columns: [key, value('name', { value: 'Ann' })] },
        variants: {
          quote: { columns: [key, value('name', { value: "it's" })] },
          null: { columns: [key, value('name', { value: null })] },
          'null-text': { columns: [key, value('name', { value: 'NULL' })] },
          empty: { columns: [key, value('name', { value: '' })] },
          numeric: { columns: [key, value('age', { valueNumeric: 5 }), value('rate', { valueNumeric: 1.25 })] },
          'numeric-text': { columns: [key, value('age', { value: '5' })] },
          negative: { columns: [key, value('age', { valueNumeric: '-5' })] },
          expression: { columns: [key, value('age', { valueNumeric: '1+1' })] },
          boolean: { columns: [key, value('active', { valueBoolean: true })] },
          'boolean-false': { columns: [key, value('active', { valueBoolean: false })] },
          date: { columns: [key, value('born', { valueDate: '2001-02-03' })] },
          datetime: { columns: [key, value('at', { valueDate: '2001-02-03T04:05:06' })] },
          'datetime-fraction': { columns: [key, value('at', { valueDate: '2001-02-03T04:05:06.700' })] },
          'plain-date': { columns: [key, value('born', { valueDate: { $plain: '2001-02-03' } })] },
          'date-in-value': { columns: [key, value('born', { value: '2001-02-03' })] },
          computed: { columns: [key, value('name', { valueComputed: "upper('x')" })] },
          backslash: { columns: [key, value('name', { value: 'a\\b' })] },
          lines: { columns: [key, value('note', { value: 'one\ntwo' })] },
          unicode: { columns: [key, value('name', { value: 'Äöü€ 日本' })] },
          semicolon: { columns: [key, value('name', { value: 'a;b -- c' })] },
          'clob-file': { columns: [key, value('note', { valueClobFile: 'note.txt' })] },
          dbms: { dbms: 'postgresql, mariadb' },
          'other-dbms': { dbms: 'oracle' },
          'missing-column': { columns: [value('nope', { value: 'x' })] },
          'no-table': { tableName: '$t_none' },
        },
        files: { 'note.txt': "A note's text\nwith lines\n" },
      },
      {
        change: 'update',
        given: two,
        base: { tableName: '$t', columns: [value('name', { value: 'New' })], where: 'id = 1' },
        variants: {
          all: { where: undefined },
          'two-columns': { columns: [value('name', { value: 'x' }), value('age', { valueNumeric: 9 })] },
          null: { columns: [value('name', { value: null })] },
          computed: { columns: [value('age', { valueComputed: 'age + 1' })] },
          params: {
            where: 'name = :value AND id = :value',
            whereParams: [{ param: { value: 'Ann' } }, { param: { valueNumeric: 1 } }],
          },
          'param-name': { where: ':name = :value', whereParams: [{ param: { name: 'name', value: 'Bob' } }] },
          'clob-file': { columns: [value('note', { valueClobFile: 'note.txt' })] },
          'where-quote': { where: "name = 'it''s'" },
        },
        files: { 'note.txt': "A note's text\nwith lines\n" },
      },
      {
        change: 'delete',
        given: two,
        base: { tableName: '$t', where: 'id = 1' },
        variants: {
          all: { where: undefined },
          params: { where: 'id = :value', whereParams: [{ param: { valueNumeric: 2 } }] },
          none: { where: 'id = 99' },
        },
      },
      {
        change: 'loadData',
        given: [person],
        base: { tableName: '$t', file: 'people.csv' },
        files: csv,
        variants: {
          separator: { file: 'semi.csv', separator: ';', quotchar: "'" },
          comments: { file: 'comments.csv', commentLineStartsWith: '#' },
          'comment-dashes': { file: 'dashes.csv', commentLineStartsWith: '--' },
          encoding: { file: 'utf8.csv', encoding: 'UTF-8' },
          relative: { file: 'people.csv', relativeToChangelogFile: true },
          'not-prepared': { usePreparedStatements: false },
          prepared: { usePreparedStatements: true },
          types: {
            file: 'types.csv',
            columns: [
              'id:NUMERIC',
              'name:STRING',
              'age:NUMERIC',
              'active:BOOLEAN',
              'born:DATE',
              'at:DATE',
              'rate:NUMERIC',
              'note:CLOB',
            ].map((text) => {
              const [name = '', type = ''] = text.split(':')
              return column(name, name === 'note' ? 'STRING' : type)
            }),
          },
          guessed: { file: 'types.csv' },
          index: {
            file: 'index.csv',
            columns: [
              { column: { index: 0, name: 'id', type: 'NUMERIC' } },
              { column: { index: 1, name: 'name', type: 'STRING' } },
              { column: { index: 2, name: 'c', type: 'SKIP' } },
            ],
          },
          header: {
            file: 'index.csv',
            columns: [
              { column: { header: 'a', name: 'id', type: 'NUMERIC' } },
              { column: { header: 'b', name: 'name', type: 'STRING' } },
              { column: { header: 'c', type: 'SKIP' } },
            ],
          },
          skip: { columns: [{ column: { name: 'age', type: 'SKIP' } }] },
          default: { columns: [{ column: { name: 'age', type: 'NUMERIC', defaultValueNumeric: 9 } }] },
          'default-text': { file: 'blank.csv', columns: [{ column: { name: 'name', type: 'STRING', defaultValue: 'none' } }] },
          'null-placeholder': { columns: [{ column: { name: 'name', type: 'STRING', nullPlaceholder: 'Ann' } }] },
          computed: { columns: [{ column: { name: 'name', type: 'COMPUTED' } }] },
          blank: { file: 'blank.csv' },
          empty: { file: 'empty.csv' },
          'bad-column': { file: 'bad.csv' },
          'unknown-column': { file: 'update.csv', columns: [{ column: { name: 'nope', type: 'STRING' } }] },
          'unknown-default': { file: 'update.csv', columns: [{ column: { name: 'note', type: 'STRING', defaultValue: 'x' } }] },
          'unknown-header': { file: 'update.csv', columns: [{ column: { header: 'nope', name: 'note', type: 'STRING' } }] },
          'unknown-index': { file: 'update.csv', columns: [{ column: { index: 9, name: 'note', type: 'STRING' } }] },
          'unknown-skip': { file: 'update.csv', columns: [{ column: { name: 'nope', type: 'SKIP' } }] },
          'unknown-name-of-index': {
            file: 'index.csv',
            columns: [
              { column: { index: 0, name: 'id', type: 'NUMERIC' } },
              { column: { index: 1, name: 'name', type: 'STRING' } },
              { column: { name: 'c', type: 'SKIP' } },
              { column: { name: 'd', type: 'STRING' } },
            ],
          },
          'other-case': { file: 'update.csv', columns: [{ column: { name: 'NAME', type: 'SKIP' } }] },
          'missing-file': { file: 'none.csv' },
        },
      },
      {
        change: 'loadUpdateData',
        given: two,
        base: { tableName: '$t', file: 'update.csv', primaryKey: 'id' },
        files: csv,
        variants: {
          'only-update': { onlyUpdate: true },
          'two-keys': { primaryKey: 'id,name' },
          'unknown-column': { columns: [{ column: { name: 'nope', type: 'STRING' } }] },
        },
      },
    ),
  ],
}
