/** How an argument's value is written. `flag` is a boolean that may stand without a value. */
export type ArgumentType = 'text' | 'flag' | 'count' | 'date'

/** One flag of a command, under Liquibase's own name (camel case, as in configuration keys). */
export interface ArgumentSpec {
  readonly name: string
  readonly type: ArgumentType
  /** Older names, camel case. */
  readonly aliases: readonly string[]
  /** Refused when given, with the way out; undefined = read, or without effect by nature. */
  readonly refused: string | undefined
  /** Given and without effect here: said as a warning. */
  readonly ignored: string | undefined
}

const flags = new Set([
  'verbose',
  'force',
  'requireForce',
  'rollbackOnError',
  'outputDefaultSchema',
  'outputDefaultCatalog',
  'includeSchema',
  'includeCatalog',
  'includeTablespace',
  'overwriteOutputFile',
  'skipObjectSorting',
  'useOrReplaceOption',
  'addRow',
  'reportEnabled',
  'dropDbclhistory',
])

const aliases: Readonly<Record<string, readonly string[]>> = {
  contextFilter: ['contexts'],
  labelFilter: ['labels'],
  reportEnabled: ['reportsEnabled'],
  reportName: ['reportsName'],
  reportPath: ['reportsPath'],
}

const javaClass = 'It names a Java class, which cannot run here: take it out, or run this changelog with Liquibase.'
const refused: Readonly<Record<string, string>> = {
  changeExecListenerClass: javaClass,
  changeExecListenerPropertiesFile: javaClass,
}

const noReport = 'Reports are part of Liquibase Pro; `sluice db … --json` gives the same facts.'
const ignored: Readonly<Record<string, string>> = {
  reportEnabled: noReport,
  reportName: noReport,
  reportPath: noReport,
  driftSeverity: 'Drift severities are part of Liquibase Pro; the exit code of a diff stays 0.',
  driftSeverityChanged: 'Drift severities are part of Liquibase Pro; the exit code of a diff stays 0.',
  driftSeverityMissing: 'Drift severities are part of Liquibase Pro; the exit code of a diff stays 0.',
  driftSeverityUnexpected: 'Drift severities are part of Liquibase Pro; the exit code of a diff stays 0.',
  rollbackScript: 'A rollback comes from the changelog or from what was kept when it was applied.',
}

/** The specification of an argument by its camel-case name. */
export function argumentSpec(name: string): ArgumentSpec {
  return {
    name,
    type: name === 'count' ? 'count' : name === 'date' ? 'date' : flags.has(name) ? 'flag' : 'text',
    aliases: aliases[name] ?? [],
    // A rollback script replaces what would run, so leaving it out would be unsafe.
    refused:
      name === 'rollbackScript'
        ? 'A script of your own instead of the rollbacks is not supported: run it with execute-sql.'
        : refused[name],
    ignored: name === 'rollbackScript' ? undefined : ignored[name],
  }
}

/** Arguments that Liquibase 3 took in front of every command, so that scripts have them there for commands that do not use them. */
export const legacyGlobalArguments: ReadonlySet<string> = new Set(
  `defaultCatalogName includeTablespace defaultSchemaName snapshotFormat contextFilter changeExecListenerPropertiesFile diffTypes
  password outputDefaultSchema excludeObjects delimiter referencePassword outputDefaultCatalog changeExecListenerClass
  referenceSchemas overwriteOutputFile rollbackScript includeObjects url labelFilter referenceUrl referenceDefaultSchemaName
  changelogFile referenceDefaultCatalogName referenceDriver schemas changesetAuthor dataOutputDirectory sqlFile outputSchemas
  includeCatalog referenceUsername includeSchema username driver driverPropertiesFile`.split(/\s+/),
)
