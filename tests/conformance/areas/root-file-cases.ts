import type { ScenarioCase } from '../framework/model.ts'
import { own, root, statusOf } from './structure-files.ts'

/** What a root file itself says: preconditions, doubles, unknown parts, YAML and XML as they are written. */
export const rootFileCases: readonly ScenarioCase[] = [
  {
    name: 'root-precondition',
    files: { 'root.yaml': root('preConditions: [{dbms: {type: oracle}}]', own('a')) },
    steps: ['status --verbose', 'update'],
  },
  {
    name: 'root-precondition-holds',
    files: { 'root.yaml': root('preConditions: [{dbms: {type: "postgresql,mariadb,sqlite"}}]', own('a')) },
    steps: ['update'],
  },
  {
    name: 'root-precondition-warn',
    files: { 'root.yaml': root('preConditions: [{onFail: WARN}, {dbms: {type: oracle}}]', own('a')) },
    steps: ['update'],
  },
  {
    name: 'root-precondition-continue',
    files: { 'root.yaml': root('preConditions: [{onFail: CONTINUE}, {dbms: {type: oracle}}]', own('a')) },
    steps: ['update'],
  },
  {
    name: 'included-precondition',
    files: {
      'root.yaml': root(own('a'), 'include: {file: b.yaml}'),
      'b.yaml': root('preConditions: [{dbms: {type: oracle}}]', own('b')),
    },
    steps: ['update'],
  },
  {
    name: 'run-order',
    files: { 'root.yaml': root(own('a'), own('b', ', runOrder: last'), own('c'), own('d', ', runOrder: first')) },
    steps: statusOf,
  },
  {
    name: 'run-order-two',
    files: {
      'root.yaml': root(
        own('a', ', runOrder: last'),
        own('b', ', runOrder: first'),
        own('c', ', runOrder: first'),
        own('d', ', runOrder: last'),
      ),
    },
    steps: statusOf,
  },
  { name: 'duplicate', files: { 'root.yaml': root(own('a'), own('a')) }, steps: ['update'] },
  {
    name: 'duplicate-other-dbms',
    files: { 'root.yaml': root(own('a', ', dbms: postgresql'), own('a', ', dbms: "!postgresql"')) },
    steps: statusOf,
  },
  {
    name: 'duplicate-case',
    files: { 'root.yaml': root(own('a'), 'changeSet: {id: A, author: ann, changes: [{empty: {}}]}') },
    steps: ['update'],
  },
  { name: 'no-changesets', files: { 'root.yaml': 'databaseChangeLog: []\n' }, steps: ['update'] },
  { name: 'empty-file', files: { 'root.yaml': '' }, steps: ['update'] },
  { name: 'no-root', files: { 'root.yaml': 'something: 1\n' }, steps: ['update'] },
  {
    name: 'unknown-change',
    files: { 'root.yaml': root('changeSet: {id: 1, author: ann, changes: [{makeTable: {tableName: a}}]}') },
    steps: ['update'],
  },
  {
    name: 'unknown-attribute',
    files: { 'root.yaml': root('changeSet: {id: 1, author: ann, changes: [{dropTable: {tableNam: a}}]}') },
    steps: ['update'],
  },
  {
    name: 'missing-attribute',
    files: { 'root.yaml': root('changeSet: {id: 1, author: ann, changes: [{renameTable: {oldTableName: a}}]}') },
    steps: ['update'],
  },
  { name: 'no-author', files: { 'root.yaml': root('changeSet: {id: 1, changes: [{empty: {}}]}') }, steps: ['update'] },
  {
    name: 'custom-change',
    files: { 'root.yaml': root('changeSet: {id: 1, author: ann, changes: [{customChange: {class: com.example.Change}}]}') },
    steps: ['update'],
  },
  { name: 'yaml-syntax', files: { 'root.yaml': 'databaseChangeLog:\n- changeSet: {id: 1\n' }, steps: ['update'] },
  {
    name: 'yaml-types',
    files: {
      'root.yaml': root(
        'changeSet: {id: 007, author: yes, changes: [{insert: {tableName: t, columns: [{column: {name: a, value: 1.50}}]}}]}',
        'changeSet: {id: 1_000, author: on, changes: [{empty: {}}]}',
        'changeSet: {id: 0x1F, author: 2001-02-03, changes: [{empty: {}}]}',
      ),
    },
    steps: ['status --verbose'],
  },
  {
    name: 'yaml-anchors',
    files: {
      'root.yaml':
        'databaseChangeLog:\n- changeSet:\n    id: 1\n    author: &me ann\n    changes:\n    - createTable: {tableName: a, columns: &cols [{column: {name: id, type: int}}]}\n- changeSet:\n    id: 2\n    author: *me\n    changes:\n    - createTable: {tableName: b, columns: *cols}\n',
    },
    steps: statusOf,
  },
  {
    name: 'yaml-texts',
    files: {
      'root.yaml':
        'databaseChangeLog:\n- changeSet:\n    id: 1\n    author: ann\n    comment: >\n      folded\n      text\n    changes:\n    - sql:\n        sql: |\n          CREATE TABLE a (id INT);\n          INSERT INTO a VALUES (1);\n',
    },
    steps: statusOf,
  },
  {
    name: 'xml-order',
    files: {
      'root.xml':
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd"><changeSet id="1" author="ann"><createTable tableName="a"><column name="id" type="int"/></createTable><comment>late</comment></changeSet></databaseChangeLog>',
    },
    steps: ['update'],
  },
  {
    name: 'xml-precondition-late',
    files: {
      'root.xml':
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd"><changeSet id="1" author="ann"><comment>c</comment><preConditions><dbms type="oracle"/></preConditions><empty/></changeSet></databaseChangeLog>',
    },
    steps: ['update'],
  },
  {
    name: 'xml-tag-not-alone',
    files: {
      'root.xml':
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd"><changeSet id="1" author="ann"><empty/><tagDatabase tag="t"/></changeSet></databaseChangeLog>',
    },
    steps: ['update'],
  },
  {
    name: 'xml-unknown-element',
    files: {
      'root.xml':
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd"><changeSet id="1" author="ann"><makeTable/></changeSet></databaseChangeLog>',
    },
    steps: ['update'],
  },
  {
    name: 'xml-no-namespace',
    files: {
      'root.xml':
        '<databaseChangeLog><changeSet id="1" author="ann"><createTable tableName="a"><column name="id" type="int"/></createTable></changeSet></databaseChangeLog>',
    },
    steps: ['update'],
  },
  {
    name: 'xml-entities',
    files: {
      'root.xml':
        '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd"><changeSet id="1" author="ann"><comment>a &lt; b &amp; c</comment><sql><![CDATA[SELECT 1 WHERE 1 < 2;]]></sql></changeSet></databaseChangeLog>',
    },
    steps: ['update-sql', 'update'],
  },
  { name: 'xml-malformed', files: { 'root.xml': '<databaseChangeLog><changeSet></databaseChangeLog>' }, steps: ['update'] },
]
