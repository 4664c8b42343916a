import { columns } from './case.ts'
import type { SqlCase } from './case.ts'

const change = { createTable: { tableName: 'm', columns: columns({ name: 'id', type: 'int' }) } }

function modified(id: string, ...modifySql: readonly unknown[]): SqlCase {
  return { id: `modifySql ${id}`, change, modifySql }
}

export const modifyCases: readonly SqlCase[] = [
  modified('append', { append: { value: ' x' } }),
  modified('append without blank', { append: { value: 'x' } }),
  modified('prepend', { prepend: { value: '/* x */ ' } }),
  modified('replace', { replace: { replace: 'id', with: 'ID$1\\2' } }),
  modified('replace of what is not there', { replace: { replace: 'nothing', with: 'x' } }),
  modified('regExpReplace', { regExpReplace: { replace: 'i(d)', with: 'I$1' } }),
  modified('regExpReplace everywhere', { regExpReplace: { replace: '[a-z]', with: '.' } }),
  modified('regExpReplace without case', { regExpReplace: { replace: '(?i)table', with: 'TABLE IF NOT EXISTS' } }),
  modified('appendSqlIfNotPresent', { appendSqlIfNotPresent: { value: ' x' } }),
  modified('several', { prepend: { value: 'a ' }, append: { value: ' z' } }, { replace: { replace: ' z', with: ' y' } }),
  modified('for one database', { dbms: 'postgresql', append: { value: ' p' } }),
  modified('for two databases', { dbms: 'mysql, sqlite', append: { value: ' m' } }),
  modified('for all but one', { dbms: '!postgresql', append: { value: ' n' } }),
  modified('for rollbacks too', { applyToRollback: true, append: { value: ' r' } }),
  {
    id: 'modifySql of several statements',
    change: { sql: { sql: 'select 1; select 2' } },
    modifySql: [{ append: { value: ' x' } }],
  },
]
