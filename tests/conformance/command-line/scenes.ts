import { documented } from './documented-scenes.ts'
import { changelog, line, type Scene } from './scene.ts'

const one = '--liquibase formatted sql\n--changeset bob:o1\ncreate table one(id int);\n--rollback drop table one;\n'
const broken =
  '--liquibase formatted sql\n--changeset bob:b1\ncreate table z(id int);\n--changeset bob:b2\ncreate tabel y(id int);\n'

const done = /Liquibase command '[\w-]+' was executed successfully/
const found = /The file (\S+) was not found/
const sql = /create table b\(.*\)/

const commands: Scene = {
  name: 'commands',
  files: { 'log.sql': changelog, 'one.sql': one, 'log2.sql': changelog, 'bad.sql': broken },
  steps: [
    line('status --changelog-file=one.sql', { stdout: 'same', fact: done }),
    line('--changelog-file=log.sql status --verbose', { stdout: 'same' }),
    line('--changelog-file=log.sql STATUS --verbose=false', { stdout: 'same', fact: done }),
    line('--changelog-file=log.sql update --contexts=prod --labels=!big', { stdout: 'same', fact: /Rows affected: \d+/ }),
    line('--changeLogFile=log.sql update --show-summary=OFF --contexts=prod --label-filter=big', { stdout: 'same', fact: done }),
    line('--changelog-file=log.sql update', { stdout: 'same', fact: /Running Changeset: \S+/ }),
    line('--changelog-file=log.sql migrate', { stdout: 'same', fact: done }),
    line('--changelog-file=log.sql status', { stdout: 'same' }),
    line('tag v1', { stdout: 'same', fact: /Successfully tagged/ }),
    line('tagExists v1', { fact: /already exists/ }),
    line('tag-exists --tag=v2', { fact: /does NOT exist/ }),
    line('history', { fact: /Liquibase History for/ }),
    line('history --format=TEXT', { fact: /Applied 1 changeset\(s\), DeploymentId/ }),
    line('--changelog-file=log.sql rollbackCount 1', { stdout: 'same', fact: /Rolling Back Changeset: \S+/ }),
    line('--changelog-file=log.sql rollback nope'),
    line('--changelog-file=log.sql rollback-count'),
    line('--changelog-file=log.sql rollback-count --count=x'),
    line('--changelog-file=log.sql rollback-to-date 2020-13-45', {
      differs: 'Liquibase reads the 13th month as one of the next year and rolls everything back.',
    }),
    line('--changelog-file=log.sql changelog-sync', { stdout: 'same', fact: done }),
    line('--changelog-file=log2.sql mark-next-changeset-ran', { stdout: 'same' }),
    line('--changelog-file=log2.sql unexpectedChangeSets --verbose', { fact: /log\.sql::\d::bob|\d unexpected changes/ }),
    line('--changelog-file=log.sql validate', { stdout: 'same', fact: /No validation errors found/ }),
    line('--changelog-file=bad.sql update', { stdout: 'same', fact: /Migration failed for changeset \S+/ }),
    line('listLocks', { stdout: 'same' }),
    line('release-locks', { stdout: 'same', fact: /Successfully released all database change log locks/ }),
    line('clearCheckSums', { stdout: 'same', fact: done }),
    line('--changelog-file=log.sql calculate-checksum log.sql::1::bob', { fact: /9:[0-9a-f]{32}/ }),
    line('--changelog-file=log.sql calculate-checksum garbage', { fact: /Invalid changeSet identifier/ }),
    line('--changelog-file=log.sql calculate-checksum log.sql::9::bob'),
    { argv: ['execute-sql', "--sql=select 1 as a, 'x' as b"], stdout: 'same' },
    { argv: ['execute-sql', '--sql=create table q(id int)'], stdout: 'same' },
    { argv: ['execute-sql', '--sql=select * from nosuch'] },
    line('execute-sql --sql-file=nosuch.sql', { fact: found }),
    line('execute-sql'),
    line('drop-all --require-force'),
    line('drop-all --requireForce=true --force', { stdout: 'same', fact: /All objects dropped/ }),
    line('--changelog-file=log.sql update-testing-rollback', { stdout: 'same', fact: /Rolling Back Changeset: \S+/ }),
    line('--changelog-file=log.sql update-to-tag nope', {
      differs: 'Liquibase deploys everything when the tag is not in the changelog.',
    }),
  ],
}

const flags: Scene = {
  name: 'flags',
  files: {
    'log.sql': changelog,
    's1/dup.sql': one,
    's2/dup.sql': one,
    's2/only.sql': one,
    'defaults.properties': 'changelog-file: log.sql\nparameter.val=FILE\n',
    'unknown.properties': 'changelogFile=log.sql\nnosuchthing=1\n',
    'strict.properties': 'changelogFile=log.sql\nnosuchthing=1\nstrict=true\n',
  },
  steps: [
    line('nosuch'),
    line('updat', { fact: /Did you mean: liquibase update/ }),
    line('status'),
    line('--changelog-file=log.sql status --bogus=1', { fact: /Unexpected argument\(s\): --bogus/ }),
    line('--changelog-file=log.sql --bogus status'),
    line('--changelog-file=log.sql status extra'),
    line('--changelog-file=log.sql update_sql'),
    line('--changelog-file=log.sql --changelog-file=x.sql status', { fact: /should be specified only once/ }),
    line('--changelog-file=log.sql status --changelog-file=x.sql', { fact: found }),
    line('--changelog-file= status'),
    line('--CHANGELOG-FILE=log.sql status', { stdout: 'same' }),
    line('--changelog-file log.sql status --verbose false', { stdout: 'same' }),
    line('--changelog-file=log.sql status --verbose=maybe'),
    line('--changelog-file=log.sql validate --contexts'),
    line('tag'),
    line('tag a b', { differs: 'Liquibase passes over what it does not understand there.' }),
    line('--changelog-file=./log.sql status', { stdout: 'same' }),
    line('--changelog-file=s2/../log.sql status', { stdout: 'same' }),
    line('--changelog-file=nothere.sql update', { fact: found }),
    line('--changelog-file=dup.sql --search-path=s1,s2 status'),
    line('--changelog-file=dup.sql --search-path=s1,s2 --duplicate-file-mode=WARN status', { stdout: 'same' }),
    line('--changelog-file=only.sql --search-path=s1,s2 status', { stdout: 'same' }),
    line('--changelog-file=log.sql --search-path=nothere status', { fact: found }),
    line('--defaults-file=defaults.properties update-sql', { fact: sql }),
    line('update-sql --defaultsFile=defaults.properties -Dval=CLI', { fact: sql }),
    line('update-sql -Dval=CLI --defaults-file=defaults.properties --contexts=prod --label-filter=small', { fact: sql }),
    line('-Dval=CLI --defaults-file=defaults.properties update-sql', {
      differs: 'Liquibase takes changelog parameters behind the command only.',
    }),
    line('--defaults-file=unknown.properties status', { stdout: 'same' }),
    line('--defaults-file=strict.properties status', { fact: /Strict check failed due to undefined key\(s\)/ }),
    line('--defaults-file=nothere.properties --changelog-file=log.sql status', {
      stdout: 'same',
      fact: /Could not find defaults file/,
    }),
    line('--changelog-file=log.sql status --liquibaseSchemaName=public', { stdout: 'same' }),
    line('--changelog-file=log.sql --missing-property-mode=ERROR update-sql'),
    line('--changelog-file=log.sql --driver=no.such.Driver status', { fact: /Cannot find database driver: \S+/ }),
    line('--changelog-file=log.sql --should-run=false update', { fact: /Liquibase did not run/ }),
    line('--changelog-file=log.sql status --search-path=.', { differs: 'Global flags may stand behind the command here.' }),
    line('--version'),
    line('status --help'),
    { argv: [] },
  ],
}

/** Which of several sources a changelog file's name comes from: the error names it. */
function source(
  name: string,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  argv = 'status',
): Scene {
  const local = files['liquibase.local.properties']
  return {
    name: `source: ${name}`,
    connects: false,
    files: {
      'liquibase.properties': `url={url}\nusername={user}\npassword={password}\n${files['liquibase.properties'] ?? ''}`,
      ...(local === undefined ? {} : { 'liquibase.local.properties': local }),
    },
    env,
    steps: [line(argv, { fact: found })],
  }
}

const main = (text: string): Record<string, string> => ({ 'liquibase.properties': text })

export const scenes: readonly Scene[] = [
  commands,
  flags,
  ...documented,
  source('a bare key', main('changelogFile=d.sql'), {}),
  source('the own key of the file before a general variable', main('liquibase.command.status.changelogFile=own.sql'), {
    LIQUIBASE_COMMAND_CHANGELOG_FILE: 'env.sql',
  }),
  source('a general variable before a bare key', main('changelogFile=d.sql'), { LIQUIBASE_COMMAND_CHANGELOG_FILE: 'env.sql' }),
  source('the own variable before the general one', main(''), {
    LIQUIBASE_COMMAND_CHANGELOG_FILE: 'env.sql',
    LIQUIBASE_COMMAND_STATUS_CHANGELOG_FILE: 'own.sql',
  }),
  source('a variable without COMMAND', main(''), { LIQUIBASE_CHANGELOG_FILE: 'env.sql' }),
  source('an empty variable', main('changelogFile=d.sql'), { LIQUIBASE_COMMAND_CHANGELOG_FILE: '' }),
  source(
    'the command line first',
    main('changelogFile=d.sql'),
    { LIQUIBASE_COMMAND_CHANGELOG_FILE: 'env.sql' },
    'status --changelog-file=cli.sql',
  ),
  source('the local file first', { ...main('changelogFile=d.sql'), 'liquibase.local.properties': 'changelogFile=local.sql' }, {}),
  source('strict and a variable that means nothing', main('changelogFile=d.sql\nstrict=true'), { LIQUIBASE_FOO: '1' }),
]
