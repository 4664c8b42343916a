import type { ScenarioArea } from '../framework/model.ts'

const set = (id: string, more = ''): string =>
  `--changeset ann:${id}${more}\nCREATE TABLE ${id} (id INT);\n--rollback DROP TABLE ${id};\n`
const head = '--liquibase formatted sql\n'
const three = { 'root.sql': head + set('a') + set('b') + set('c') }
const four = { 'root.sql': `${three['root.sql']}${set('d')}` }
const tagged = {
  'root.yaml': `databaseChangeLog:
- changeSet: {id: a, author: ann, changes: [{createTable: {tableName: a, columns: [{column: {name: id, type: int}}]}}]}
- changeSet: {id: v1, author: ann, changes: [{tagDatabase: {tag: v1}}]}
- changeSet: {id: b, author: ann, changes: [{createTable: {tableName: b, columns: [{column: {name: id, type: int}}]}}]}
- changeSet: {id: v2, author: ann, changes: [{tagDatabase: {tag: v2, keepTagOnRollback: true}}]}
- changeSet: {id: c, author: ann, changes: [{createTable: {tableName: c, columns: [{column: {name: id, type: int}}]}}]}
`,
}
const changed = { 'root.sql': three['root.sql'].replace('CREATE TABLE b (id INT);', 'CREATE TABLE b (id BIGINT);') }
const blanks = { 'root.sql': three['root.sql'].replace('CREATE TABLE b (id INT);', 'CREATE  TABLE b\n  (id INT);') }
const failing = { 'root.sql': `${head}${set('a')}--changeset ann:bad\nINSERT INTO nowhere VALUES (1);\n${set('c')}` }
const repeat = (more: string): Readonly<Record<string, string>> => ({
  'root.sql': `${head}--changeset ann:v ${more}\nSELECT 1;\n`,
})
const edited = (more: string): Readonly<Record<string, string>> => ({
  'root.sql': `${head}--changeset ann:v ${more}\nSELECT 2;\n`,
})

export const commands: ScenarioArea = {
  area: 'commands',
  kind: 'scenarios',
  cases: [
    {
      name: 'update',
      files: three,
      steps: ['update', 'update', 'status --verbose', { files: four }, 'status --verbose', 'update'],
    },
    { name: 'update-fails', files: failing, steps: ['update', 'status --verbose', 'update', { files: three }, 'update'] },
    { name: 'update-count', files: three, steps: ['update-count --count=1', 'update-count --count=5'] },
    { name: 'update-count-zero', files: three, steps: ['update-count --count=0'] },
    { name: 'update-count-sql', files: three, steps: ['update-count-sql --count=2', 'update'] },
    { name: 'update-to-tag', files: tagged, steps: ['update-to-tag --tag=v1', 'status --verbose', 'update-to-tag --tag=v2'] },
    { name: 'update-to-tag-unknown', files: tagged, steps: ['update-to-tag --tag=none'] },
    { name: 'update-to-tag-sql', files: tagged, steps: ['update-to-tag-sql --tag=v1'] },
    { name: 'update-sql', files: three, steps: ['update-sql', 'update-count --count=1', 'update-sql'] },
    { name: 'update-sql-nothing', files: three, steps: ['update', 'update-sql'] },
    { name: 'update-testing-rollback', files: three, steps: ['update-testing-rollback'] },
    {
      name: 'update-testing-rollback-fails',
      files: { 'root.sql': `${head}--changeset ann:a\nCREATE TABLE a (id INT);\n` },
      steps: ['update-testing-rollback'],
    },
    {
      name: 'rollback-count',
      files: three,
      steps: ['update', 'rollback-count --count=1', 'rollback-count --count=2', 'rollback-count --count=1'],
    },
    { name: 'rollback-count-too-many', files: three, steps: ['update', 'rollback-count --count=9'] },
    { name: 'rollback-count-sql', files: three, steps: ['update', 'rollback-count-sql --count=2'] },
    {
      name: 'rollback-tag',
      files: three,
      steps: ['update-count --count=1', 'tag --tag=one', 'update', 'rollback-sql --tag=one', 'rollback --tag=one'],
    },
    { name: 'rollback-tag-unknown', files: three, steps: ['update', 'rollback --tag=none'] },
    {
      name: 'rollback-tag-case',
      files: three,
      steps: ['update-count --count=1', 'tag --tag=One', 'update', 'rollback --tag=ONE'],
    },
    { name: 'rollback-tag-change', files: tagged, steps: ['update', 'rollback --tag=v1'] },
    { name: 'rollback-tag-keep', files: tagged, steps: ['update', 'rollback --tag=v2'] },
    {
      name: 'rollback-tag-twice',
      files: three,
      steps: ['update-count --count=1', 'tag --tag=t', 'update-count --count=1', 'tag --tag=t', 'update', 'rollback --tag=t'],
    },
    {
      name: 'rollback-tag-oldest',
      files: three,
      steps: [
        'update-count --count=1',
        'tag --tag=t',
        'update-count --count=1',
        'tag --tag=t',
        'update',
        'rollback --tag=t --tag-version=oldest',
      ],
    },
    {
      name: 'rollback-date',
      files: three,
      steps: ['update', 'rollback-to-date-sql --date=2001-01-01', 'rollback-to-date --date=2001-01-01'],
    },
    { name: 'rollback-date-future', files: three, steps: ['update', 'rollback-to-date --date=2099-01-01'] },
    {
      name: 'rollback-contexts',
      files: { 'root.sql': head + set('a') + set('b', ' context:test') + set('c') },
      steps: ['update --contexts=test', 'rollback-count --count=2 --contexts=prod'],
    },
    {
      name: 'rollback-removed-changeset',
      files: three,
      steps: ['update', { files: { 'root.sql': head + set('a') + set('c') } }, 'rollback-count --count=2'],
    },
    {
      name: 'future-rollback-sql',
      files: three,
      steps: ['future-rollback-sql', 'update-count --count=1', 'future-rollback-sql'],
    },
    { name: 'future-rollback-count-sql', files: three, steps: ['future-rollback-count-sql --count=1'] },
    { name: 'future-rollback-from-tag-sql', files: tagged, steps: ['future-rollback-from-tag-sql --tag=v1'] },
    {
      name: 'future-rollback-sql-missing',
      files: { 'root.sql': `${head}--changeset ann:a\nCREATE TABLE a (id INT);\n` },
      steps: ['future-rollback-sql'],
    },
    {
      name: 'tag',
      files: three,
      steps: ['update', 'tag --tag=t', 'tag-exists --tag=t', 'tag-exists --tag=u', 'tag --tag=u', 'tag-exists --tag=t'],
    },
    { name: 'tag-empty', files: three, steps: ['tag --tag=start', 'update', 'rollback --tag=start'] },
    { name: 'status', files: three, steps: ['status', 'status --verbose', 'update-count --count=2', 'status --verbose'] },
    { name: 'validate', files: three, steps: ['validate', 'update', 'validate', { files: changed }, 'validate'] },
    { name: 'validate-broken', files: { 'root.sql': `${head}--changeset ann\nx\n` }, steps: ['validate'] },
    { name: 'history', files: three, steps: ['history', 'update', 'history'] },
    {
      name: 'unexpected',
      files: three,
      steps: ['update', { files: { 'root.sql': head + set('a') } }, 'unexpected-changesets --verbose', 'unexpected-changesets'],
    },
    { name: 'changelog-sync', files: three, steps: ['changelog-sync', 'status --verbose', 'update'] },
    { name: 'changelog-sync-partly', files: three, steps: ['update-count --count=1', 'changelog-sync'] },
    { name: 'changelog-sync-sql', files: three, steps: ['changelog-sync-sql'] },
    {
      name: 'changelog-sync-contexts',
      files: { 'root.sql': head + set('a') + set('b', ' context:test') },
      steps: ['changelog-sync --contexts=prod', 'status --verbose'],
    },
    { name: 'changelog-sync-to-tag', files: tagged, steps: ['changelog-sync-to-tag --tag=v1', 'status --verbose'] },
    { name: 'changelog-sync-to-tag-sql', files: tagged, steps: ['changelog-sync-to-tag-sql --tag=v1'] },
    { name: 'changelog-sync-to-tag-unknown', files: tagged, steps: ['changelog-sync-to-tag --tag=none'] },
    { name: 'mark-next', files: three, steps: ['mark-next-changeset-ran', 'mark-next-changeset-ran', 'status --verbose'] },
    { name: 'mark-next-sql', files: three, steps: ['mark-next-changeset-ran-sql'] },
    { name: 'mark-next-nothing', files: three, steps: ['update', 'mark-next-changeset-ran'] },
    { name: 'clear-checksums', files: three, steps: ['update', 'clear-checksums', 'status --verbose', 'update'] },
    {
      name: 'clear-checksums-edited',
      files: three,
      steps: ['update', 'clear-checksums', { files: changed }, 'update', 'validate'],
    },
    { name: 'calculate-checksum', files: three, steps: ['calculate-checksum --changeset-identifier=root.sql::b::ann'] },
    {
      name: 'calculate-checksum-parts',
      files: three,
      steps: ['calculate-checksum --changeset-id=b --changeset-author=ann --changeset-path=root.sql'],
    },
    { name: 'calculate-checksum-unknown', files: three, steps: ['calculate-checksum --changeset-identifier=root.sql::z::ann'] },
    { name: 'locks', files: three, steps: ['update', 'list-locks', 'release-locks', 'list-locks'] },
    {
      name: 'execute-sql',
      files: three,
      steps: ['update', 'execute-sql "--sql=INSERT INTO a VALUES (1)"', 'execute-sql "--sql=INSERT INTO nowhere VALUES (1)"'],
    },
    {
      name: 'execute-sql-two',
      files: three,
      steps: ['update', 'execute-sql "--sql=INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)"'],
    },
    {
      name: 'execute-sql-delimiter',
      files: three,
      steps: ['update', 'execute-sql "--sql=INSERT INTO a VALUES (1)@@ INSERT INTO a VALUES (2)" --delimiter=@@'],
    },
    { name: 'drop-all', files: three, steps: ['update', 'drop-all', 'update'] },
    { name: 'checksum-changed', files: three, steps: ['update', { files: changed }, 'status --verbose', 'update'] },
    { name: 'checksum-blanks', files: three, steps: ['update', { files: blanks }, 'validate', 'update'] },
    {
      name: 'checksum-valid',
      files: three,
      steps: [
        'update',
        {
          files: { 'root.sql': changed['root.sql'].replace('--changeset ann:b\n', '--changeset ann:b\n--validCheckSum: ANY\n') },
        },
        'update',
        'validate',
      ],
    },
    {
      name: 'checksum-rollback-edited',
      files: three,
      steps: [
        'update',
        { files: { 'root.sql': three['root.sql'].replace('--rollback DROP TABLE b;', '--rollback DROP TABLE b; --x') } },
        'validate',
        'update',
      ],
    },
    {
      name: 'checksum-null',
      files: three,
      steps: ['update', { sql: "UPDATE DATABASECHANGELOG SET MD5SUM = NULL WHERE ID = 'b'" }, 'status --verbose', 'update'],
    },
    {
      name: 'checksum-null-pending',
      files: three,
      steps: ['update', { sql: "UPDATE DATABASECHANGELOG SET MD5SUM = NULL WHERE ID = 'b'" }, { files: four }, 'update'],
    },
    {
      name: 'checksum-old',
      files: three,
      steps: [
        'update',
        { sql: "UPDATE DATABASECHANGELOG SET MD5SUM = '7:0123456789abcdef0123456789abcdef' WHERE ID = 'b'" },
        'validate',
        'status --verbose',
        'update',
      ],
    },
    {
      name: 'checksum-wrong-v8',
      files: three,
      steps: [
        'update',
        { sql: "UPDATE DATABASECHANGELOG SET MD5SUM = '8:0123456789abcdef0123456789abcdef' WHERE ID = 'b'" },
        'validate',
        'update',
      ],
    },
    {
      name: 'run-on-change',
      files: repeat('runOnChange:true'),
      steps: ['update', 'update', { files: edited('runOnChange:true') }, 'status --verbose', 'update'],
    },
    {
      name: 'run-always',
      files: repeat('runAlways:true'),
      steps: ['update', 'update', { files: edited('runAlways:true') }, 'status --verbose', 'update'],
    },
    {
      name: 'run-always-and-change',
      files: repeat('runAlways:true runOnChange:true'),
      steps: ['update', { files: edited('runAlways:true runOnChange:true') }, 'update'],
    },
    {
      name: 'ignored-edited',
      files: repeat(''),
      steps: ['update', { files: edited('ignore:true') }, 'update', 'status --verbose'],
    },
    {
      name: 'order-of-reruns',
      files: { 'root.sql': `${head}--changeset ann:r runAlways:true\nSELECT 1;\n${set('a')}` },
      steps: [
        'update',
        'update',
        { files: { 'root.sql': `${head}--changeset ann:r runAlways:true\nSELECT 1;\n${set('a')}${set('b')}` } },
        'update',
      ],
    },
    {
      name: 'moved-file',
      files: { 'root.yaml': 'databaseChangeLog:\n- include: {file: a.sql}\n', 'a.sql': head + set('a') },
      steps: [
        'update',
        {
          files: {
            'root.yaml': 'databaseChangeLog:\n- include: {file: d/a.sql}\n',
            'd/a.sql': `--liquibase formatted sql logicalFilePath:a.sql\n${set('a')}`,
          },
        },
        'status --verbose',
        'update',
      ],
    },
    {
      name: 'stored-path-classpath',
      files: three,
      steps: ['update', { sql: "UPDATE DATABASECHANGELOG SET FILENAME = 'classpath:root.sql'" }, 'status --verbose', 'update'],
    },
    {
      name: 'stored-path-dot',
      files: three,
      steps: ['update', { sql: "UPDATE DATABASECHANGELOG SET FILENAME = './root.sql'" }, 'status --verbose', 'update'],
    },
    {
      name: 'stored-case',
      files: three,
      steps: ['update', { sql: "UPDATE DATABASECHANGELOG SET AUTHOR = 'ANN'" }, 'status --verbose', 'update'],
    },
    {
      name: 'extra-row',
      files: three,
      steps: [
        'update',
        { sql: "UPDATE DATABASECHANGELOG SET ID = 'other' WHERE ID = 'c'" },
        'unexpected-changesets --verbose',
        'status --verbose',
      ],
    },
    {
      name: 'mark-ran',
      files: {
        'root.sql': `${head}--changeset ann:a\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 SELECT 1\nCREATE TABLE a (id INT);\n--rollback DROP TABLE a;\n${set('b')}`,
      },
      steps: ['update', 'update', 'rollback-count --count=2'],
    },
    {
      name: 'continue-later',
      files: {
        'root.sql': `${head}--changeset ann:a\n--preconditions onFail:CONTINUE\n--precondition-table-exists table:z\nCREATE TABLE a (id INT);\n`,
      },
      steps: ['update', { sql: 'CREATE TABLE z (id INT)' }, 'update'],
    },
    {
      name: 'rollback-yaml',
      files: {
        'root.yaml':
          'databaseChangeLog:\n- changeSet:\n    id: 1\n    author: ann\n    changes:\n    - createTable: {tableName: a, columns: [{column: {name: id, type: int}}]}\n    rollback:\n    - dropTable: {tableName: a}\n- changeSet:\n    id: 2\n    author: ann\n    changes:\n    - sql: {sql: "CREATE TABLE b (id INT)"}\n    rollback: DROP TABLE b\n- changeSet:\n    id: 3\n    author: ann\n    changes:\n    - sql: {sql: "DROP TABLE b"}\n    rollback:\n    - changeSetId: 2\n      changeSetAuthor: ann\n- changeSet:\n    id: 4\n    author: ann\n    changes:\n    - sql: {sql: "SELECT 1"}\n    rollback: []\n',
      },
      steps: ['update', 'rollback-count-sql --count=4', 'rollback-count --count=2', 'rollback-count --count=2'],
    },
    {
      name: 'rollback-empty-text',
      files: {
        'root.xml':
          '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd"><changeSet id="1" author="ann"><sql>SELECT 1</sql><rollback/></changeSet></databaseChangeLog>',
      },
      steps: ['update', 'rollback-count --count=1'],
    },
    { name: 'rollback-inverses', files: tagged, steps: ['update', 'rollback-count --count=5'] },
    {
      name: 'drop-without-inverse',
      files: {
        'root.yaml':
          'databaseChangeLog:\n- changeSet: {id: 1, author: ann, changes: [{createTable: {tableName: a, columns: [{column: {name: id, type: int}}]}}]}\n- changeSet: {id: 2, author: ann, changes: [{dropTable: {tableName: a}}]}\n',
      },
      steps: ['update', 'rollback-count --count=1'],
    },
  ],
}
