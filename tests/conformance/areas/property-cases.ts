import { removed } from '../framework/model.ts'
import type { ScenarioCase } from '../framework/model.ts'
import { own, root, sql, statusOf } from './structure-files.ts'

/** Properties: their sources, order and scope; and files that are gone. */
export const propertyCases: readonly ScenarioCase[] = [
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
]
