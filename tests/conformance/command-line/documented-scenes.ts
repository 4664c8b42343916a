import { changelog, line, type Scene } from './scene.ts'

const tagged = `${changelog}--changeset bob:4
create table d(id int);
--rollback drop table d;
`
const done = /Liquibase command '[\w-]+' was executed successfully/
const rolled = /Rolling Back Changeset: \S+/
const ran = /Running Changeset: \S+/

/** Command lines as the pages of Liquibase's documentation have them, in the old spelling and the new. */
export const documented: readonly Scene[] = [
  {
    name: 'documented: forward and back',
    files: { 'log.sql': tagged },
    steps: [
      line('--changelog-file=log.sql update-count 1', { fact: ran }),
      line('--changelog-file=log.sql updateCountSQL 1', { fact: /create table \w\b/ }),
      line('update-count-sql --count=1 --changelog-file=log.sql', { fact: /create table \w\b/ }),
      line('update-sql --changelog-file=log.sql --label-filter=big', { fact: /create table \w\b/ }),
      { argv: ['update', '--changelog-file=log.sql', '--label-filter=big and !small', '--context-filter=test'], fact: ran },
      line('tag --tag=v1', { stdout: 'same', fact: /Successfully tagged/ }),
      line('--changelog-file=log.sql --contexts=test update', { fact: /Running Changeset: \S+|Unexpected/ }),
      line('update --changelog-file=log.sql --contexts=test,prod', { fact: ran }),
      line('rollbackSQL v1 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('rollback-sql --tag=v1 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('rollback --tag=v1 --changelog-file=log.sql', { stdout: 'same', fact: rolled }),
      line('rollback-count-sql 1 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('rollbackCountSQL --count=1 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('rollback-count --count=1 --changelog-file=log.sql', { stdout: 'same', fact: rolled }),
      line('rollback-to-date-sql --date=2020-05-05 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      { argv: ['rollback-to-date', '--date=2020-05-05 10:00:00', '--changelog-file=log.sql'], stdout: 'same', fact: rolled },
      line('future-rollback-sql --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('futureRollbackCountSQL 1 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('future-rollback-count-sql --count=1 --changelog-file=log.sql', { fact: /drop table \w\b/ }),
      line('changelogSyncSQL --changelog-file=log.sql', { fact: /log\.sql/ }),
      line('changelog-sync-sql --changelog-file=log.sql --label-filter=big', { fact: /log\.sql/ }),
      line('mark-next-changeset-ran-sql --changelog-file=log.sql', { fact: /log\.sql/ }),
      line('markNextChangeSetRan --changelog-file=log.sql', { stdout: 'same', fact: done }),
      line('history --format=TABULAR', { fact: /\| +bob/ }),
      line('unexpected-changesets --changelog-file=log.sql', { stdout: 'same' }),
    ],
  },
  {
    name: 'documented: global flags',
    files: {
      'log.sql': tagged,
      'sub/one.sql': '--liquibase formatted sql\n--changeset bob:s\ncreate table s(id int);\n',
      'q.sql': 'select 1 as a;\nselect 2 as b;\n',
    },
    steps: [
      line('--changelog-file=log.sql --output-file=out.sql update-sql', { stdout: 'same' }),
      line('--changelog-file=log.sql --default-schema-name=public status', { stdout: 'same' }),
      line('--changelog-file=log.sql --defaultSchemaName=public status', { stdout: 'same' }),
      line(
        '--changelog-file=log.sql --liquibase-schema-name=public --database-changelog-table-name=dbcl update-count --count=1',
        { fact: ran },
      ),
      line('--changelog-file=log.sql --databaseChangeLogTableName=dbcl status', { stdout: 'same' }),
      line('--changelog-file=log.sql --output-default-schema=false update-sql', { fact: /create table \w\b/ }),
      line('--classpath=sub --changelog-file=one.sql status', { stdout: 'same' }),
      line('--searchPath=sub --changelogFile=one.sql status', { stdout: 'same' }),
      line('--changelog-file=log.sql update-count --count=1 --show-summary=VERBOSE', { fact: /Run: +\d/ }),
      line('--changelog-file=log.sql update-count --count=1 --show-summary=SUMMARY --show-summary-output=LOG'),
      line('--changelog-file=log.sql update --change-exec-listener-class=no.such.Listener'),
      line('--headless=true --changelog-file=log.sql status', { stdout: 'same' }),
      line('--always-override-stored-logic-schema=true --changelog-file=log.sql validate', {
        differs: 'Sluice does not put schemas into the text of procedures, and says so.',
      }),
      line('execute-sql --sql-file=q.sql', { stdout: 'same' }),
      line('execute-sql --sql-file=q.sql --delimiter=;', { stdout: 'same' }),
      line('validate --changelog-file=sub/one.sql', { stdout: 'same' }),
      line('status --verbose --changelog-file=log.sql --contexts=test', { stdout: 'same' }),
      line('list-locks', { stdout: 'same' }),
      line('releaseLocks', { stdout: 'same' }),
      line('clear-checksums', { stdout: 'same' }),
      line('calculateCheckSum log.sql::1::bob --changelog-file=log.sql', { fact: /9:[0-9a-f]{32}/ }),
      line('calculate-checksum --changeset-identifier=log.sql::1::bob --changelog-file=log.sql', { fact: /9:[0-9a-f]{32}/ }),
    ],
  },
  {
    name: 'documented: objects',
    files: { 'log.sql': tagged },
    steps: [
      line('update --changelog-file=log.sql', { fact: ran }),
      line('generate-changelog --changelog-file=gen.xml', { fact: done }),
      line('generateChangeLog --changelog-file=gen.xml', { fact: /already exists/ }),
      line('generate-changelog --changelog-file=gen.xml --overwrite-output-file=true', { fact: done }),
      line('generate-changelog --changelog-file=gen.postgresql.sql --diff-types=tables,columns', { fact: done }),
      line('--changelog-file=gen.yaml generate-changelog --include-objects=table:a', {
        differs: 'Its patterns are Java’s: sluice db generate-changelog has its own.',
      }),
      line('generate-changelog --changelog-file=data.yaml --diff-types=data', { fact: done }),
      line('snapshot --snapshot-format=json'),
      line('snapshot --snapshot-format=txt'),
      line('diff --reference-url={url} --reference-username={user} --reference-password={password}', { fact: done }),
      line(
        'diff-changelog --reference-url={url} --reference-username={user} --reference-password={password} --changelog-file=diff.yaml',
        {
          fact: done,
        },
      ),
      line('diff --reference-url={url} --reference-username={user} --reference-password={password} --diff-types=tables', {
        fact: done,
      }),
      line('drop-all --schemas=public --force', { fact: /All objects dropped/ }),
    ],
  },
  {
    name: 'documented: variables alone',
    connects: false,
    files: { 'log.sql': tagged, 'liquibase.properties': 'url={url}\n' },
    env: {
      LIQUIBASE_COMMAND_USERNAME: '{user}',
      LIQUIBASE_COMMAND_PASSWORD: '{password}',
      LIQUIBASE_COMMAND_CHANGELOG_FILE: 'log.sql',
      LIQUIBASE_COMMAND_CONTEXTS: 'test',
    },
    steps: [
      line('status --verbose', { stdout: 'same' }),
      line('update', { fact: ran }),
      line('rollback-count 1', { fact: rolled }),
    ],
  },
]
