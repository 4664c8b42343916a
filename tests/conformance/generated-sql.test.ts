import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createMemoryTree, parseChangelog } from '@sluice/changelog'
import { postgresDialect } from '@sluice/databases'
import { previewSql } from '@sluice/engine'
import { requireOrSkip } from '@sluice/testkit'
import { offlineSql } from './oracle.ts'

const casesFolder = join(import.meta.dirname, 'cases')

/** Where Sluice writes something else on purpose: file, changeset, and why. Turns Liquibase's text into the one expected here. */
const onPurpose: Readonly<Record<string, (sql: string) => string>> = {
  // `VARCHAR[](10)` and `CHAR(3) varying` are no types of PostgreSQL.
  'tables types': (sql) => sql.replace('VARCHAR[](10)', 'VARCHAR(10)[]').replace('CHAR(3) varying', 'CHAR varying(3)'),
  // Liquibase keeps inline foreign keys in a hash set, so their order changes from run to run; ours is that of the columns.
  'tables create-keys': (sql) => sql.replace(/(CONSTRAINT fk_o .*? DEFERRABLE), (CONSTRAINT fk_p .*? CASCADE)/, '$2, $1'),
  // PostgreSQL wants the index before the deferral, and no columns beside an index that is there.
  'constraints unique': (sql) =>
    sql
      .replace(
        'DEFERRABLE INITIALLY DEFERRED USING INDEX TABLESPACE ts',
        'USING INDEX TABLESPACE ts DEFERRABLE INITIALLY DEFERRED',
      )
      .replace('UNIQUE (a) USING INDEX ix_a', 'UNIQUE USING INDEX ix_a'),
  // Liquibase prints an `endDelimiter` back, and a cut comment leaves other blanks.
  'data sql': (sql) => sql.replace(/\/$/, ';').replace('select  2', 'select   2'),
}

for (const file of readdirSync(casesFolder)) {
  const name = file.replace(/\.\w+$/, '')
  const command = name.startsWith('rollback-') ? 'future-rollback-sql' : 'update-sql'
  const expected = offlineSql(command, join(casesFolder, file), 'postgresql')
  const skip = requireOrSkip('Java, or the stored answer of Liquibase', expected !== undefined)
  describe(`${command} of ${name} on PostgreSQL`, { skip }, () => {
    const parsed = parseChangelog(file, createMemoryTree({ [file]: readFileSync(join(casesFolder, file)) }), {
      dbms: 'postgresql',
    })
    for (const [id, statements] of Object.entries(expected ?? {})) {
      it(`is Liquibase's for ${id}`, async () => {
        deepEqual(parsed.diagnostics, [])
        ok(parsed.changelog !== undefined)
        const changesets = parsed.changelog.changesets.filter((changeset) => changeset.id === id)
        equal(changesets.length, 1)
        const { sql, diagnostics } = await previewSql({
          dialect: postgresDialect,
          changelog: { ...parsed.changelog, changesets },
          what: { kind: command === 'update-sql' ? 'update' : 'futureRollback' },
        })
        deepEqual(
          diagnostics.filter((diagnostic) => diagnostic.severity === 'error'),
          [],
        )
        const adjust = onPurpose[`${name} ${id}`] ?? ((text: string) => text)
        const [, ...ours] = sql
          .split(/^-- (?:Changeset|Rolling Back ChangeSet:) .*$/m)
          .flatMap((part, index) => (index === 0 ? [''] : part.split(/\n\n+/)))
        deepEqual(
          ours.map((part) => part.trim()).filter((part) => part !== ''),
          statements.map(adjust),
        )
      })
    }
  })
}
