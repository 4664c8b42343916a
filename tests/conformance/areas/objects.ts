import type { ChangesetArea } from '../framework/model.ts'
import { casesOf, id, insert, label, plainId, table, value } from './variants.ts'

const source = [table('$t', id, label), insert('$t', value('id', { valueNumeric: 1 }), value('label', { value: 'a' }))]
const view = [...source, { createView: { viewName: '$t_v', selectQuery: 'SELECT id FROM $t' } }]
const sequence = [{ createSequence: { sequenceName: '$t_s' } }]
const procedures = {
  postgresql: 'CREATE OR REPLACE FUNCTION $t_p() RETURNS int AS $body$ BEGIN RETURN 1; END; $body$ LANGUAGE plpgsql',
  mariadb: 'CREATE PROCEDURE $t_p() BEGIN SELECT 1; SELECT 2; END',
}

export const objects: ChangesetArea = {
  area: 'objects',
  kind: 'changesets',
  format: 'yaml',
  cases: [
    ...casesOf(
      {
        change: 'createView',
        given: source,
        base: { viewName: '$t_v', selectQuery: 'SELECT id, label FROM $t' },
        variants: {
          replace: { replaceIfExists: true },
          full: { fullDefinition: true, selectQuery: 'CREATE VIEW $t_v AS SELECT id FROM $t' },
          remarks: { remarks: "view's" },
          path: { selectQuery: undefined, path: 'view.sql' },
          'path-relative': { selectQuery: undefined, path: 'view.sql', relativeToChangelogFile: true, encoding: 'UTF-8' },
          semicolon: { selectQuery: 'SELECT id FROM $t;' },
          lines: { selectQuery: 'SELECT id\n  FROM $t\n  -- the end\n' },
          missing: { selectQuery: 'SELECT id FROM $t_none' },
        },
        files: { 'view.sql': 'SELECT label\nFROM createview_path_x\n' },
      },
      {
        change: 'dropView',
        given: view,
        base: { viewName: '$t_v' },
        variants: {
          'if-exists': { ifExists: true },
          missing: { viewName: '$t_none' },
          'missing-if-exists': { viewName: '$t_none', ifExists: true },
        },
      },
      { change: 'renameView', given: view, base: { oldViewName: '$t_v', newViewName: '$t_w' }, variants: {} },
      {
        change: 'createSequence',
        base: { sequenceName: '$t_s' },
        variants: {
          start: { startValue: 5 },
          increment: { incrementBy: 2 },
          range: { minValue: 1, maxValue: 100 },
          cycle: { cycle: true },
          'no-cycle': { cycle: false },
          cache: { cacheSize: 20 },
          type: { dataType: 'int' },
          ordered: { ordered: true },
          all: { startValue: 5, incrementBy: 5, minValue: 5, maxValue: 500, cycle: true, cacheSize: 10 },
        },
      },
      {
        change: 'alterSequence',
        given: sequence,
        base: { sequenceName: '$t_s', incrementBy: 3 },
        variants: {
          range: { minValue: 1, maxValue: 50 },
          cycle: { cycle: true },
          cache: { cacheSize: 5 },
          type: { dataType: 'int' },
          ordered: { ordered: true },
        },
      },
      {
        change: 'dropSequence',
        given: sequence,
        base: { sequenceName: '$t_s' },
        variants: { missing: { sequenceName: '$t_none' } },
      },
      { change: 'renameSequence', given: sequence, base: { oldSequenceName: '$t_s', newSequenceName: '$t_q' }, variants: {} },
    ),
    {
      name: 'createView-over',
      given: view,
      changes: [{ createView: { viewName: '$t_v', selectQuery: 'SELECT id, label FROM $t', replaceIfExists: true } }],
    },
    {
      name: 'createView-twice',
      given: view,
      changes: [{ createView: { viewName: '$t_v', selectQuery: 'SELECT label FROM $t' } }],
    },
    ...(['postgresql', 'mariadb'] as const).flatMap((database) => [
      {
        name: `createProcedure-${database}`,
        databases: [database],
        changes: [{ createProcedure: { procedureName: '$t_p', procedureText: procedures[database] } }],
      },
      {
        name: `createProcedure-dbms-${database}`,
        databases: [database],
        changes: [{ createProcedure: { procedureName: '$t_p', procedureText: procedures[database], dbms: database } }],
      },
      {
        name: `createProcedure-other-dbms-${database}`,
        databases: [database],
        changes: [{ createProcedure: { procedureName: '$t_p', procedureText: procedures[database], dbms: 'oracle' } }],
      },
      {
        name: `createProcedure-replace-${database}`,
        databases: [database],
        changes: [{ createProcedure: { procedureName: '$t_p', procedureText: procedures[database], replaceIfExists: true } }],
      },
      {
        name: `createProcedure-path-${database}`,
        databases: [database],
        files: { [`proc-${database}.sql`]: procedures[database] },
        changes: [{ createProcedure: { procedureName: '$t_p', path: `proc-${database}.sql`, comment: 'c', encoding: 'UTF-8' } }],
      },
      {
        name: `dropProcedure-${database}`,
        databases: [database],
        given: [
          {
            createProcedure: {
              procedureName: '$t_p',
              procedureText: procedures[database]
                .replace('OR REPLACE FUNCTION', 'PROCEDURE')
                .replace(' RETURNS int', '')
                .replace('RETURN 1', 'NULL'),
            },
          },
        ],
        changes: [{ dropProcedure: { procedureName: '$t_p' } }],
      },
    ]),
    { name: 'dropProcedure-missing', changes: [{ dropProcedure: { procedureName: '$t_p' } }] },
    { name: 'tagDatabase', changes: [{ tagDatabase: { tag: '$t' } }] },
    { name: 'tagDatabase-keep', changes: [{ tagDatabase: { tag: '$t', keepTagOnRollback: true } }] },
    { name: 'empty', changes: [{ empty: {} }] },
    { name: 'no-change', changes: [] },
    { name: 'output', changes: [{ output: { message: 'hello' } }] },
    { name: 'output-target', changes: [{ output: { message: 'hello', target: 'STDOUT' } }] },
    { name: 'stop', changes: [{ stop: { message: 'enough' } }] },
    { name: 'executeCommand', changes: [{ executeCommand: { executable: 'true', args: [{ arg: { value: 'x' } }] } }] },
    { name: 'executeCommand-other-os', changes: [{ executeCommand: { executable: 'nope', os: 'Windows 95' } }] },
    { name: 'output-and-table', changes: [{ output: { message: 'before' } }, table('$t', plainId)] },
  ],
}
