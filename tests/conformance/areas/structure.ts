import { removed } from '../framework/model.ts'
import type { ScenarioArea } from '../framework/model.ts'

const head = '--liquibase formatted sql\n'
const sql = (name: string): string =>
  `${head}--changeset ann:${name}\nCREATE TABLE ${name} (id INT);\n--rollback DROP TABLE ${name};\n`
const root = (...lines: readonly string[]): string => `databaseChangeLog:\n${lines.map((line) => `- ${line}\n`).join('')}`
const own = (name: string, more = ''): string =>
  `changeSet: {id: ${name}, author: ann${more}, changes: [{createTable: {tableName: ${name}, columns: [{column: {name: id, type: int}}]}}]}`
const statusOf = ['status --verbose', 'update']
const folder = {
  'd/10_b.sql': sql('b10'),
  'd/2_a.sql': sql('a2'),
  'd/B.sql': sql('upper'),
  'd/_z.sql': sql('z'),
  'd/sub/1.sql': sql('s1'),
  'd/sub/deep/1.sql': sql('deep'),
  'd/c_raw.sql': 'CREATE TABLE raw (id INT)',
}

export const structure: ScenarioArea = {
  area: 'structure',
  kind: 'scenarios',
  cases: [
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
    { name: 'property-yaml', files: { 'root.yaml': root('property: {name: tab, value: a}', own('${tab}')) }, steps: statusOf },
    {
      name: 'property-first-wins',
      files: { 'root.yaml': root('property: {name: tab, value: a}', 'property: {name: tab, value: b}', own('${tab}')) },
      steps: statusOf,
    },
    {
      name: 'property-command-line',
      files: { 'root.yaml': root('property: {name: tab, value: a}', own('${tab}')) },
      steps: ['update -Dtab=given'],
    },
    {
      name: 'property-nested',
      files: { 'root.yaml': root('property: {name: x, value: "${y}1"}', 'property: {name: y, value: t}', own('${x}')) },
      steps: statusOf,
    },
    { name: 'property-case', files: { 'root.yaml': root('property: {name: Tab, value: a}', own('${tAB}')) }, steps: statusOf },
    {
      name: 'property-local',
      files: {
        'root.yaml': root('include: {file: a.yaml}', own('x_${tab}')),
        'a.yaml': root('property: {name: tab, value: a, global: false}', own('${tab}')),
      },
      steps: ['status --verbose'],
    },
    {
      name: 'property-local-later',
      files: {
        'root.yaml': root(
          'property: {name: tab, value: a, global: false}',
          'property: {name: tab, value: b, global: false}',
          own('${tab}'),
        ),
      },
      steps: statusOf,
    },
    {
      name: 'property-local-outer',
      files: {
        'root.yaml': root('property: {name: tab, value: a, global: false}', 'include: {file: b.yaml}'),
        'b.yaml': root(own('${tab}')),
      },
      steps: statusOf,
    },
    {
      name: 'property-global-over-local',
      files: {
        'root.yaml': root(
          'property: {name: tab, value: local, global: false}',
          'property: {name: tab, value: global_one}',
          own('${tab}'),
        ),
      },
      steps: statusOf,
    },
    {
      name: 'property-file',
      files: {
        'root.yaml': root('property: {file: p.properties}', own('${tab}')),
        'p.properties': '# c\ntab = a\\\n  b\nother: x\n',
      },
      steps: statusOf,
    },
    {
      name: 'property-file-relative',
      files: {
        'root.yaml': root('include: {file: d/a.yaml}'),
        'd/a.yaml': root('property: {file: p.properties, relativeToChangelogFile: true}', own('${tab}')),
        'd/p.properties': 'tab=a\n',
      },
      steps: statusOf,
    },
    {
      name: 'property-file-missing',
      files: { 'root.yaml': root('property: {file: none.properties}', own('a')) },
      steps: ['update'],
    },
    {
      name: 'property-dbms',
      files: {
        'root.yaml': root(
          'property: {name: tab, value: pg, dbms: postgresql}',
          'property: {name: tab, value: lite, dbms: sqlite}',
          'property: {name: tab, value: maria, dbms: mariadb}',
          own('${tab}'),
        ),
      },
      steps: statusOf,
    },
    {
      name: 'property-context',
      files: {
        'root.yaml': root(
          'property: {name: tab, value: tested, context: test}',
          'property: {name: tab, value: other}',
          own('${tab}'),
        ),
      },
      steps: ['update --contexts=prod'],
    },
    {
      name: 'property-labels',
      files: {
        'root.yaml': root('property: {name: tab, value: one, labels: one}', 'property: {name: tab, value: other}', own('${tab}')),
      },
      steps: ['update --label-filter=two'],
    },
    {
      name: 'property-undefined',
      files: { 'root.yaml': root('changeSet: {id: 1, author: ann, comment: "${nope}", changes: [{empty: {}}]}') },
      steps: ['update'],
    },
    {
      name: 'property-cycle',
      files: {
        'root.yaml': root(
          'property: {name: a, value: "${b}"}',
          'property: {name: b, value: "${a}"}',
          'changeSet: {id: 1, author: ann, comment: "${a}", changes: [{empty: {}}]}',
        ),
      },
      steps: ['update'],
    },
    {
      name: 'property-in-include',
      files: { 'root.yaml': root('property: {name: dir, value: d}', 'include: {file: "${dir}/a.sql"}'), 'd/a.sql': sql('a') },
      steps: statusOf,
    },
    {
      name: 'property-in-context',
      files: { 'root.yaml': root('property: {name: when, value: test}', own('a', ', context: "${when}"')) },
      steps: ['update --contexts=test'],
    },
    { name: 'property-in-id', files: { 'root.yaml': root('property: {name: n, value: "42"}', own('t${n}')) }, steps: statusOf },
    {
      name: 'property-sql-file',
      files: {
        'root.yaml': root(
          'property: {name: tab, value: a}',
          'changeSet: {id: 1, author: ann, changes: [{sqlFile: {path: x.sql}}]}',
        ),
        'x.sql': 'CREATE TABLE ${tab} (id INT);',
      },
      steps: ['update-sql', 'update', 'update -Dtab=zzz'],
    },
    {
      name: 'property-defined',
      files: {
        'root.yaml': root(
          'property: {name: p, value: v}',
          'changeSet: {id: 1, author: ann, preConditions: [{onFail: MARK_RAN}, {changeLogPropertyDefined: {property: p, value: v}}], changes: [{empty: {}}]}',
          'changeSet: {id: 2, author: ann, preConditions: [{onFail: MARK_RAN}, {changeLogPropertyDefined: {property: p, value: w}}], changes: [{empty: {}}]}',
        ),
      },
      steps: ['update'],
    },
    {
      name: 'property-database',
      files: {
        'root.yaml': root(
          'changeSet: {id: 1, author: ann, comment: "${database.typeName} ${database.currentDateTimeFunction} ${database.autoIncrementClause}", changes: [{empty: {}}]}',
        ),
      },
      steps: ['update'],
    },
    {
      name: 'property-database-more',
      files: {
        'root.yaml': root(
          ...[
            'autoIncrementClause',
            'databaseChangeLogLockTableName',
            'databaseChangeLogTableName',
            'databaseProductName',
            'defaultCatalogName',
            'defaultSchemaName',
            'defaultSchemaNamePrefix',
            'lineComment',
            'liquibaseSchemaName',
            'liquibaseTablespaceName',
            'requiresPassword',
            'requiresUsername',
            'supportsForeignKeyDisable',
            'supportsInitiallyDeferrableColumns',
            'supportsRestrictForeignKeys',
            'supportsSchemas',
            'supportsSequences',
            'supportsTablespaces',
            'supportsNotNullConstraintNames',
            'typeName',
          ].map((name) => `changeSet: {id: ${name}, author: ann, comment: "\${database.${name}}", changes: [{empty: {}}]}`),
        ),
      },
      steps: ['update'],
    },
    {
      name: 'file-removed',
      files: { 'root.yaml': root('includeAll: {path: d}'), 'd/a.sql': sql('a'), 'd/b.sql': sql('b') },
      steps: ['update', { files: { 'd/a.sql': removed } }, 'unexpected-changesets --verbose', 'status --verbose', 'update'],
    },
  ],
}
