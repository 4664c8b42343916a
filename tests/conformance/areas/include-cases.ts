import type { ScenarioCase } from '../framework/model.ts'
import { folder, own, root, sql, statusOf } from './structure-files.ts'

/** include and includeAll: places, order, depth, filters, contexts. */
export const includeCases: readonly ScenarioCase[] = [
  { name: 'include', files: { 'root.yaml': root('include: {file: a.sql}'), 'a.sql': sql('a') }, steps: statusOf },
  { name: 'include-folder', files: { 'root.yaml': root('include: {file: d/a.sql}'), 'd/a.sql': sql('a') }, steps: statusOf },
  {
    name: 'include-relative',
    files: {
      'root.yaml': root('include: {file: d/b.yaml}'),
      'd/b.yaml': root('include: {file: a.sql, relativeToChangelogFile: true}'),
      'd/a.sql': sql('a'),
    },
    steps: statusOf,
  },
  {
    name: 'include-relative-up',
    files: {
      'root.yaml': root('include: {file: d/b.yaml}'),
      'd/b.yaml': root('include: {file: ../e/a.sql, relativeToChangelogFile: true}'),
      'e/a.sql': sql('a'),
    },
    steps: statusOf,
  },
  { name: 'include-missing', files: { 'root.yaml': root('include: {file: none.sql}') }, steps: ['update'] },
  {
    name: 'include-missing-allowed',
    files: { 'root.yaml': root('include: {file: none.sql, errorIfMissing: false}', own('a')) },
    steps: statusOf,
  },
  {
    name: 'include-context',
    files: { 'root.yaml': root('include: {file: a.sql, context: test}', own('b')), 'a.sql': sql('a') },
    steps: ['status --verbose --contexts=prod', 'update --contexts=test'],
  },
  {
    name: 'include-context-and',
    files: {
      'root.yaml': root('include: {file: a.yaml, contextFilter: "test or dev"}'),
      'a.yaml': root(own('a', ', context: "not prod"'), own('b', ', context: prod')),
    },
    steps: ['status --verbose --contexts=test', 'update --contexts=test,prod'],
  },
  {
    name: 'include-labels',
    files: {
      'root.yaml': root('include: {file: a.yaml, labels: "one,two"}'),
      'a.yaml': root(own('a', ', labels: three'), own('b')),
    },
    steps: ['status --verbose --label-filter=three', 'update --label-filter=two'],
  },
  {
    name: 'include-ignore',
    files: { 'root.yaml': root('include: {file: a.sql, ignore: true}', own('b')), 'a.sql': sql('a') },
    steps: statusOf,
  },
  {
    name: 'include-logical-path',
    files: { 'root.yaml': root('include: {file: a.yaml, logicalFilePath: moved.yaml}'), 'a.yaml': root(own('a')) },
    steps: statusOf,
  },
  {
    name: 'include-cycle',
    files: { 'root.yaml': root('include: {file: a.yaml}'), 'a.yaml': root('include: {file: root.yaml}') },
    steps: ['update'],
  },
  {
    name: 'include-twice',
    files: { 'root.yaml': root('include: {file: a.sql}', 'include: {file: a.sql}'), 'a.sql': sql('a') },
    steps: ['update'],
  },
  {
    name: 'include-raw',
    files: { 'root.yaml': root('include: {file: a.sql}'), 'a.sql': 'CREATE TABLE a (id INT)' },
    steps: statusOf,
  },
  {
    name: 'include-raw-twice',
    files: {
      'root.yaml': root('include: {file: a.sql}', 'include: {file: b.sql}'),
      'a.sql': 'CREATE TABLE a (id INT)',
      'b.sql': 'CREATE TABLE b (id INT)',
    },
    steps: statusOf,
  },
  {
    name: 'include-json',
    files: {
      'root.yaml': root('include: {file: a.json}'),
      'a.json': JSON.stringify({
        databaseChangeLog: [
          {
            changeSet: {
              id: 1,
              author: 'ann',
              changes: [{ createTable: { tableName: 'a', columns: [{ column: { name: 'id', type: 'int' } }] } }],
            },
          },
        ],
      }),
    },
    steps: statusOf,
  },
  {
    name: 'include-backslash',
    files: { 'root.yaml': root('include: {file: "d\\\\a.sql"}'), 'd/a.sql': sql('a') },
    steps: statusOf,
  },
  { name: 'include-dot', files: { 'root.yaml': root('include: {file: ./a.sql}'), 'a.sql': sql('a') }, steps: statusOf },
  {
    name: 'include-classpath',
    files: { 'root.yaml': root('include: {file: "classpath:a.sql"}'), 'a.sql': sql('a') },
    steps: statusOf,
  },
  { name: 'include-unknown-type', files: { 'root.yaml': root('include: {file: a.txt}'), 'a.txt': 'x' }, steps: ['update'] },
  { name: 'include-all', files: { 'root.yaml': root('includeAll: {path: d}'), ...folder }, steps: statusOf },
  { name: 'include-all-slash', files: { 'root.yaml': root('includeAll: {path: d/}'), ...folder }, steps: statusOf },
  {
    name: 'include-all-relative',
    files: {
      'root.yaml': root('include: {file: e/r.yaml}'),
      'e/r.yaml': root('includeAll: {path: d, relativeToChangelogFile: true}'),
      'e/d/a.sql': sql('a'),
      'e/d/b.sql': sql('b'),
    },
    steps: statusOf,
  },
  {
    name: 'include-all-suffix',
    files: { 'root.yaml': root('includeAll: {path: d, endsWithFilter: 1.sql}'), ...folder },
    steps: statusOf,
  },
  {
    name: 'include-all-depth',
    files: { 'root.yaml': root('includeAll: {path: d, minDepth: 1, maxDepth: 1}'), ...folder },
    steps: statusOf,
  },
  {
    name: 'include-all-min-depth',
    files: { 'root.yaml': root('includeAll: {path: d, minDepth: 2}'), ...folder },
    steps: statusOf,
  },
  {
    name: 'include-all-max-depth',
    files: { 'root.yaml': root('includeAll: {path: d, maxDepth: 2}'), ...folder },
    steps: statusOf,
  },
  {
    name: 'include-all-max-zero',
    files: { 'root.yaml': root('includeAll: {path: d, maxDepth: 0}', own('x')), ...folder },
    steps: statusOf,
  },
  { name: 'include-all-missing', files: { 'root.yaml': root('includeAll: {path: none}') }, steps: ['update'] },
  {
    name: 'include-all-missing-allowed',
    files: { 'root.yaml': root('includeAll: {path: none, errorIfMissingOrEmpty: false}', own('a')) },
    steps: statusOf,
  },
  {
    name: 'include-all-context',
    files: { 'root.yaml': root('includeAll: {path: d, context: test}'), 'd/a.sql': sql('a') },
    steps: ['status --verbose --contexts=prod', 'update --contexts=test'],
  },
  {
    name: 'include-all-labels',
    files: { 'root.yaml': root('includeAll: {path: d, labels: one}'), 'd/a.sql': sql('a') },
    steps: ['update --label-filter=one'],
  },
  {
    name: 'include-all-ignore',
    files: { 'root.yaml': root('includeAll: {path: d, ignore: true}'), 'd/a.sql': sql('a') },
    steps: statusOf,
  },
  {
    name: 'include-all-logical-path',
    files: {
      'root.yaml': root('includeAll: {path: d, logicalFilePath: all.yaml}'),
      'd/a.sql': sql('a'),
      'd/b.yaml': root(own('b')),
    },
    steps: statusOf,
  },
  {
    name: 'include-all-other-files',
    files: { 'root.yaml': root('includeAll: {path: d}'), 'd/a.sql': sql('a'), 'd/readme.md': 'x', 'd/data.csv': 'id\n1\n' },
    steps: statusOf,
  },
  {
    name: 'include-all-comparator',
    files: { 'root.yaml': root('includeAll: {path: d, resourceComparator: com.example.Order}'), 'd/a.sql': sql('a') },
    steps: ['update'],
  },
  {
    name: 'include-all-filter',
    files: { 'root.yaml': root('includeAll: {path: d, filter: com.example.Filter}'), 'd/a.sql': sql('a') },
    steps: ['update'],
  },
  {
    name: 'include-all-itself',
    files: { 'd/root.yaml': root('includeAll: {path: d}'), 'd/a.sql': sql('a') },
    steps: ['update'],
  },
  {
    name: 'logical-path',
    files: {
      'root.yaml':
        'databaseChangeLog:\n- logicalFilePath: other.yaml\n- changeSet: {id: 1, author: ann, changes: [{empty: {}}]}\n',
    },
    steps: statusOf,
  },
  {
    name: 'root-quoting',
    files: { 'root.yaml': `databaseChangeLog:\n- objectQuotingStrategy: QUOTE_ALL_OBJECTS\n- ${own('Mixed')}\n` },
    steps: ['update-sql', 'update'],
  },
  {
    name: 'root-context',
    files: {
      'root.xml':
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd" context="test"><changeSet id="1" author="ann"><createTable tableName="a"><column name="id" type="int"/></createTable></changeSet></databaseChangeLog>',
    },
    steps: ['status --verbose --contexts=prod', 'update --contexts=test'],
  },
]
