import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCommandLine } from './command-line.ts'
import { createSettings, readSystemProperties, unknownKeys, unknownVariables, type Settings } from './settings.ts'

interface Sources {
  argv?: readonly string[]
  env?: Record<string, string>
  javaOpts?: string
  local?: Record<string, string>
  file?: Record<string, string>
}

function settingsOf({ argv = ['status'], env = {}, javaOpts = '', local, file }: Sources): Settings {
  const parsed = parseCommandLine(argv)
  if (!parsed.ok) throw new Error(parsed.error)
  return createSettings(parsed.line, {
    env,
    systemProperties: readSystemProperties({ JAVA_OPTS: javaOpts }),
    defaultsFiles: [local, file].filter((one) => one !== undefined).map((one) => new Map(Object.entries(one))),
  })
}

describe('createSettings', () => {
  const specific = 'liquibase.command.status.changelogFile'
  const generic = 'liquibase.command.changelogFile'
  const envSpecific = 'LIQUIBASE_COMMAND_STATUS_CHANGELOG_FILE'
  const envGeneric = 'LIQUIBASE_COMMAND_CHANGELOG_FILE'

  // Each row was asked of Liquibase 4.28.0 with the same sources.
  const matrix: readonly (readonly [string, Sources, string | undefined])[] = [
    ['a bare key of the file', { file: { changelogFile: 'D' } }, 'D'],
    ['kebab case in the file', { file: { 'changelog-file': 'D' } }, 'D'],
    ['any case in the file', { file: { CHANGELOGFILE: 'D' } }, 'D'],
    ['the old spelling', { file: { changeLogFile: 'D' } }, 'D'],
    ['liquibase. is for global keys only', { file: { 'liquibase.changelogFile': 'D' } }, undefined],
    ['the command key before the bare key', { file: { changelogFile: 'PLAIN', [generic]: 'CMD' } }, 'CMD'],
    ['the command’s own key before the general one', { file: { [generic]: 'CMD', [specific]: 'SPEC' } }, 'SPEC'],
    ['the own key of the file before a general variable', { file: { [specific]: 'SPEC' }, env: { [envGeneric]: 'ENV' } }, 'SPEC'],
    ['the own variable first', { env: { [envGeneric]: 'ENV', [envSpecific]: 'ENVSPEC' } }, 'ENVSPEC'],
    ['a variable without COMMAND means nothing', { env: { LIQUIBASE_CHANGELOG_FILE: 'ENV' } }, undefined],
    ['a variable spelt as the key', { env: { [generic]: 'ENV' } }, 'ENV'],
    ['a variable in lower case', { env: { liquibase_command_changelog_file: 'ENV' } }, 'ENV'],
    ['an empty variable counts as none', { env: { [envGeneric]: '' }, file: { changelogFile: 'D' } }, 'D'],
    ['the own variable before a general system property', { env: { [envSpecific]: 'ENV' }, javaOpts: `-D${generic}=SYS` }, 'ENV'],
    [
      'a system property before a variable of its kind',
      { env: { [envGeneric]: 'ENV' }, javaOpts: `-Xmx1g -D${generic}=SYS` },
      'SYS',
    ],
    ['the command line first', { argv: ['status', '--changelog-file=CLI'], javaOpts: `-D${specific}=SYS` }, 'CLI'],
    ['a bare system property means nothing', { javaOpts: '-DchangelogFile=SYS' }, undefined],
    ['the local file first', { local: { changelogFile: 'LOCAL' }, file: { changelogFile: 'MAIN' } }, 'LOCAL'],
    ['an own key of the file before the local one', { local: { changelogFile: 'LOCAL' }, file: { [specific]: 'MAIN' } }, 'MAIN'],
    ['blanks around a value', { file: { changelogFile: 'D   ' } }, 'D'],
  ]
  for (const [name, sources, expected] of matrix) {
    it(`finds a changelog file by ${name}`, () => equal(settingsOf(sources).argument('changelogFile'), expected))
  }

  it('finds kebab names of commands in keys, and older names of arguments', () => {
    const settings = settingsOf({
      argv: ['update-sql'],
      file: { 'liquibase.command.update-sql.url': 'a', 'liquibase.command.updateSql.contexts': 'prod' },
    })
    equal(settings.argument('url'), 'a')
    equal(settings.argument('contextFilter'), 'prod')
    equal(settingsOf({ env: { LIQUIBASE_COMMAND_LABELS: 'x' } }).argument('labelFilter'), 'x')
  })

  it('finds global settings under each of their names', () => {
    for (const sources of [
      { argv: ['status', '--liquibase-schema-name=s'] },
      { env: { LIQUIBASE_LIQUIBASE_SCHEMA_NAME: 's' } },
      { env: { LIQUIBASE_SCHEMA_NAME: 's' } },
      { file: { liquibaseSchemaName: 's' } },
      { file: { 'liquibase.liquibaseSchemaName': 's' } },
      { file: { 'liquibase-schema-name': 's' } },
      { javaOpts: '-Dliquibase.liquibaseSchemaName="s"' },
    ])
      equal(settingsOf(sources).global('liquibaseSchemaName'), 's', JSON.stringify(sources))
  })
})

describe('names that mean nothing', () => {
  it('are found among variables and keys', () => {
    deepEqual(
      unknownVariables({
        LIQUIBASE_FOO: '1',
        LIQUIBASE_COMMAND_URL: 'x',
        LIQUIBASE_HOME: '/x',
        LIQUIBASE_SEARCH_PATH: 'y',
        PATH: '',
      }),
      ['LIQUIBASE_FOO'],
    )
    deepEqual(unknownKeys(['foo', 'url', 'parameter.x', 'liquibase.nosuch', 'liquibase.command.url', 'log-level', 'strict']), [
      'foo',
      'liquibase.nosuch',
    ])
  })
})
