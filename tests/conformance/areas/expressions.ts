import type { ScenarioArea } from '../framework/model.ts'

const contexts = [
  '',
  'test',
  '!test',
  'not test',
  'test or prod',
  'test and prod',
  'test,prod',
  '(test or dev) and !prod',
  '!(test or prod)',
  'TEST',
  '@test',
  '!@test',
  'test and not prod',
  'test or prod and dev',
  'a-b',
  'two words',
  ' test ',
  'test, prod and dev',
  '((test))',
]
const labels = ['', 'v1', 'v1,v2', 'v2', 'V1', 'v1 , v3', 'x-y']

const root = (key: string, all: readonly string[]): string =>
  `databaseChangeLog:\n${all.map((text, index) => `- changeSet:\n    id: ${index}\n    author: ann\n    ${key}: ${JSON.stringify(text)}\n    changes:\n    - empty: {}\n`).join('')}`

const contextLists = ['', 'test', 'prod', 'test,prod', 'dev', 'TEST', 'a-b', 'none', 'test,prod,dev']
const filters = [
  'v1',
  'v1 and v2',
  'v1 or v3',
  '!v1',
  'not v1',
  'v1,v3',
  '(v1 or v2) and !v3',
  'V2',
  'nope',
  '!v1 and !v2',
  'x-y',
  'v1 and !v2',
]

export const expressions: ScenarioArea = {
  area: 'expressions',
  kind: 'scenarios',
  cases: [
    ...contextLists.map((list) => ({
      name: `contexts-${list === '' ? 'none' : list === 'none' ? 'unknown' : list}`,
      files: { 'root.yaml': root('context', contexts) },
      steps: list === '' ? ['status --verbose', 'update'] : [`status --verbose --contexts=${list}`, `update --contexts=${list}`],
    })),
    ...filters.map((filter) => ({
      name: `labels-${filter}`,
      files: { 'root.yaml': root('labels', labels) },
      steps: [`status --verbose "--label-filter=${filter}"`, `update "--label-filter=${filter}"`],
    })),
    ...(['context', 'labels', 'id'] as const).flatMap((key) =>
      [255, 256].map((length) => ({
        name: `${key}-of-${length}`,
        files: { 'root.yaml': root(key, ['v'.repeat(length)]).replace(/    id: 0\n(?=.*\n    id: )/, '') },
        steps: ['update', 'status --verbose'],
      })),
    ),
    { name: 'context-or-alone', files: { 'root.yaml': root('context', ['or']) }, steps: ['update --contexts=test'] },
    {
      name: 'both',
      files: {
        'root.yaml':
          'databaseChangeLog:\n- changeSet: {id: 1, author: ann, context: test, labels: v1, changes: [{empty: {}}]}\n- changeSet: {id: 2, author: ann, context: prod, labels: v1, changes: [{empty: {}}]}\n- changeSet: {id: 3, author: ann, context: test, labels: v2, changes: [{empty: {}}]}\n',
      },
      steps: ['update --contexts=test --label-filter=v1', 'status --verbose'],
    },
    ...[
      'postgresql',
      '!postgresql',
      'mysql',
      'mariadb',
      'sqlite',
      'postgresql,sqlite',
      'all',
      'none',
      '!none',
      '!all',
      'POSTGRESQL',
      'oracle, !sqlite',
      '!mysql,!mariadb',
      'h2',
      'bogus',
    ].map((dbms) => ({
      name: `dbms-${dbms}`,
      files: {
        'root.yaml': `databaseChangeLog:\n- changeSet: {id: 1, author: ann, dbms: "${dbms}", changes: [{empty: {}}]}\n- changeSet: {id: 2, author: ann, changes: [{sql: {dbms: "${dbms}", sql: "SELECT 1"}}]}\n`,
      },
      steps: ['update-sql', 'update'],
    })),
  ],
}
