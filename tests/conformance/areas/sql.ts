import type { ChangesetArea } from '../framework/model.ts'
import { casesOf, insert, plainId, table, value } from './variants.ts'

const given = [table('$t', plainId)]
const two = 'INSERT INTO $t VALUES (1);\nINSERT INTO $t VALUES (2);'

export const sql: ChangesetArea = {
  area: 'sql',
  kind: 'changesets',
  format: 'yaml',
  cases: [
    ...casesOf(
      {
        change: 'sql',
        given,
        base: { sql: two },
        variants: {
          split: { splitStatements: true },
          strip: { sql: `-- first\n${two} -- last\n/* block; */`, stripComments: true },
          keep: { sql: `-- first\nINSERT INTO $t VALUES (1) -- last\n`, stripComments: false },
          delimiter: { sql: 'INSERT INTO $t VALUES (1)//\nINSERT INTO $t VALUES (2)//', endDelimiter: '//' },
          'delimiter-go': { sql: 'INSERT INTO $t VALUES (1)\nGO\nINSERT INTO $t VALUES (2)\nGO\n', endDelimiter: 'GO' },
          'delimiter-slash': { sql: 'INSERT INTO $t VALUES (1)\n/\nINSERT INTO $t VALUES (2)\n/\n', endDelimiter: '/' },
          'delimiter-regex': { sql: 'INSERT INTO $t VALUES (1)@@\nINSERT INTO $t VALUES (2)@@', endDelimiter: '@@' },
          go: { sql: 'INSERT INTO $t VALUES (1)\nGO\nINSERT INTO $t VALUES (2)\n' },
          slash: { sql: 'INSERT INTO $t VALUES (1)\n/\nINSERT INTO $t VALUES (2)\n' },
          dbms: { dbms: 'postgresql' },
          'not-dbms': { dbms: '!postgresql' },
          comment: { comment: 'why' },
          literal: { sql: "INSERT INTO $t SELECT 1 WHERE 'a;b' <> 'c--d';" },
          'line-ends': { sql: 'INSERT INTO $t VALUES (1);\r\nINSERT INTO $t VALUES (2);\r\n' },
          fails: { sql: 'INSERT INTO $t_none VALUES (1);' },
          'fails-late': { sql: 'INSERT INTO $t VALUES (1);\nINSERT INTO $t_none VALUES (1);' },
        },
      },
      {
        change: 'sqlFile',
        given,
        base: { path: 'two.sql' },
        files: {
          'two.sql': 'INSERT INTO sqlfile_x VALUES (1);\n-- comment\nINSERT INTO sqlfile_x VALUES (2);\n',
          'go.sql': 'SELECT 1\nGO\nSELECT 2\nGO\n',
          'latin.sql': 'SELECT 1;',
        },
        variants: {
          relative: { path: 'two.sql', relativeToChangelogFile: true },
          encoding: { path: 'latin.sql', encoding: 'ISO-8859-1' },
          'go-delimiter': { path: 'go.sql', endDelimiter: 'GO' },
          strip: { path: 'latin.sql', stripComments: true },
          'no-split': { path: 'latin.sql', splitStatements: false },
          dbms: { path: 'latin.sql', dbms: 'oracle' },
          missing: { path: 'none.sql' },
        },
      },
    ),
    ...['append', 'prepend', 'appendSqlIfNotPresent'].map((visitor) => ({
      name: `modifySql-${visitor}`,
      changeset: { modifySql: [{ [visitor]: { value: ' /* x */ ' } }] },
      changes: [table('$t', plainId)],
    })),
    {
      name: 'modifySql-replace',
      changeset: { modifySql: [{ replace: { replace: 'INT', with: 'BIGINT' } }] },
      changes: [table('$t', plainId)],
    },
    {
      name: 'modifySql-regExpReplace',
      changeset: { modifySql: [{ regExpReplace: { replace: '\\bid\\b', with: 'key_id' } }] },
      changes: [table('$t', plainId)],
    },
    {
      name: 'modifySql-dbms',
      changeset: { modifySql: [{ dbms: 'postgresql' }, { append: { value: ' /* pg */' } }] },
      changes: [table('$t', plainId)],
    },
    {
      name: 'modifySql-other-dbms',
      changeset: { modifySql: [{ dbms: 'oracle' }, { append: { value: ' nonsense' } }] },
      changes: [table('$t', plainId)],
    },
    {
      name: 'modifySql-context',
      changeset: { modifySql: [{ context: 'test' }, { append: { value: ' /* test */' } }] },
      changes: [table('$t', plainId)],
    },
    {
      name: 'modifySql-two',
      changeset: { modifySql: [{ replace: { replace: 'INT', with: 'BIGINT' } }, { append: { value: ' /* y */' } }] },
      changes: [table('$t', plainId)],
    },
    {
      name: 'modifySql-sql',
      given,
      changeset: { modifySql: [{ replace: { replace: '(1)', with: '(7)' } }] },
      changes: [{ sql: { sql: 'INSERT INTO $t VALUES (1)' } }],
    },
    { name: 'comment', changeset: { comment: "A comment's text" }, changes: [table('$t', plainId)] },
    { name: 'comment-long', changeset: { comment: 'word '.repeat(80) }, changes: [table('$t', plainId)] },
    { name: 'description-long', changes: Array.from({ length: 12 }, (_, index) => table(`$t_${index}`, plainId)) },
    { name: 'labels', changeset: { labels: 'One, two ,THREE' }, changes: [table('$t', plainId)] },
    { name: 'context', changeset: { context: 'test and (a or !b)' }, changes: [table('$t', plainId)] },
    { name: 'context-filter', changeset: { contextFilter: 'test' }, changes: [table('$t', plainId)] },
    { name: 'logical-path', changeset: { logicalFilePath: 'other/path.yaml' }, changes: [table('$t', plainId)] },
    { name: 'created', changeset: { created: '2001-01-01' }, changes: [table('$t', plainId)] },
    {
      name: 'no-transaction',
      changeset: { runInTransaction: false },
      changes: [table('$t', plainId), insert('$t', value('id', { valueNumeric: 1 }))],
    },
    { name: 'run-order-first', changeset: { runOrder: 'first' }, changes: [table('$t', plainId)] },
    {
      name: 'valid-checksum',
      changeset: { validCheckSum: ['9:0123456789abcdef0123456789abcdef'] },
      changes: [table('$t', plainId)],
    },
    { name: 'ignore', changeset: { ignore: true }, changes: [table('$t', plainId)] },
    { name: 'dbms-match', changeset: { dbms: 'postgresql, mariadb, sqlite' }, changes: [table('$t', plainId)] },
    { name: 'dbms-none', changeset: { dbms: 'none' }, changes: [table('$t', plainId)] },
    { name: 'dbms-all', changeset: { dbms: 'all' }, changes: [table('$t', plainId)] },
    { name: 'dbms-not', changeset: { dbms: '!oracle, !h2' }, changes: [table('$t', plainId)] },
    { name: 'dbms-mysql', changeset: { dbms: 'mysql' }, changes: [table('$t', plainId)] },
    { name: 'run-with', changeset: { runWith: 'jdbc' }, changes: [table('$t', plainId)] },
    { name: 'on-validation-fail', changeset: { onValidationFail: 'MARK_RAN' }, changes: [{ dropTable: {} }] },
  ],
}
