/** A global setting of Liquibase, by the end of its configuration key (`liquibase.<key>`). */
export interface GlobalSpec {
  readonly key: string
  /** Older keys, without `liquibase.`. */
  readonly aliases: readonly string[]
  readonly type: 'text' | 'boolean'
  /**
   * `used`; `none`: about Java, Liquibase Pro, or something that is so anyway; `refused`: leaving it out would change what is done, so any
   * value but the harmless ones is an error.
   */
  readonly effect: 'used' | 'none' | 'refused'
  /** For `refused`: values that ask for what is done anyway. */
  readonly harmless: RegExp | undefined
  readonly hint: string | undefined
}

const used = `changelogLockWaitTimeInMinutes databaseChangelogLockTableName databaseChangelogTableName defaultsFile duplicateFileMode
  classpath liquibaseCatalogName liquibaseSchemaName logFile logLevel missingPropertyMode outputFile outputLineSeparator searchPath
  shouldRun! showBanner! strict! driver driverPropertiesFile`

/** `!` marks booleans. */
const none = `addEmptyMdcValues! autoReorg! changelogLockPollRate convertDataTypes! customLogDataFile customLogDataFrequency
  dbclhistory.captureExtensions! dbclhistory.captureSql! dbclhistory.severity dbclhistory.tableName ddlLockTimeout diffColumnOrder!
  filterLogMessages! generateChangesetCreatedValues! generatedChangesetIdsContainsDescription! headless!
  includeCatalogInSpecification! includeRelationsForComputedColumns! includeSystemClasspath! licenseKey logChannels logFormat
  mirrorConsoleMessagesToLog! mirrorOutputToConsole! monitorPerformance pro.licenseKey pro.markUnusedNotDrop! pro.sql.inline!
  pro.synonyms.drop.public! promptForNonLocalDatabase! secureParsing! shouldSnapshotData! sql.logLevel sql.showSqlWarnings!
  uiService useProcedureSchema! validateXmlChangelogFiles! liquibaseProLicenseKey currentDateTimeFunction psql.args psql.keep.temp!
  psql.keep.temp.name psql.keep.temp.path psql.logFile psql.path psql.timeout sqlcmd.args sqlcmd.catalogName sqlcmd.keep.temp!
  sqlcmd.keep.temp.name sqlcmd.keep.temp.overwrite! sqlcmd.keep.temp.path sqlcmd.logFile sqlcmd.path sqlcmd.timeout sqlplus.args
  sqlplus.createSpool! sqlplus.keep.temp! sqlplus.keep.temp.name sqlplus.keep.temp.overwrite! sqlplus.keep.temp.path sqlplus.path
  sqlplus.sqlerror sqlplus.timeout errorOnCircularIncludeAll! hub.mode hub.apiKey hub.url sql.alwaysSetFetchSize!
  showHiddenArgs! workaroundOracleClobCharacterLimit! flow.verboseToString!`

const off = /^(?:false|)$/i
const utf8 = /^utf-?8$/i
const refused: Readonly<Record<string, readonly [RegExp, string]>> = {
  allowDuplicatedChangesetIdentifiers: [off, 'Give every changeset an id of its own.'],
  alwaysDropInsteadOfReplace: [off, 'Write a dropView before the createView.'],
  alwaysOverrideStoredLogicSchema: [off, 'Write the schema into the procedure.'],
  changelogParseMode: [/^strict$/i, 'Take unknown fields out of the changelog: they are errors.'],
  databaseClass: [/^$/, 'It names a Java class, which cannot run here.'],
  'dbclhistory.enabled': [off, 'It is part of Liquibase Pro; the history of Sluice is kept with every execution.'],
  fileEncoding: [utf8, 'Save the changelog as UTF-8.'],
  liquibaseTablespaceName: [/^$/, 'Create the history tables in their tablespace beforehand.'],
  onMissingIncludeChangelog: [/^fail$/i, 'Take includes of missing files out of the changelog.'],
  outputFileEncoding: [utf8, 'Convert the output, which is UTF-8, afterwards (iconv).'],
  preserveSchemaCase: [off, 'Write schema names as the database stores them.'],
  'pro.globalEndDelimiter': [/^$/, 'Set endDelimiter where it is needed.'],
  'pro.globalEndDelimiter.prioritized': [off, 'Set endDelimiter where it is needed.'],
  proStrict: [off, 'It is part of Liquibase Pro.'],
  propertyProviderClass: [/^$/, 'It names a Java class, which cannot run here.'],
  supportPropertyEscaping: [off, 'Escapes in properties are not read: rename the property instead.'],
}

const aliases: Readonly<Record<string, readonly string[]>> = {
  changelogLockPollRate: ['changeLogLockPollRate'],
  changelogLockWaitTimeInMinutes: ['changeLogLockWaitTimeInMinutes'],
  databaseChangelogLockTableName: ['databaseChangeLogLockTableName'],
  databaseChangelogTableName: ['databaseChangeLogTableName'],
  ddlLockTimeout: ['ddl_lock_timeout'],
  generateChangesetCreatedValues: ['generateChangeSetCreatedValues'],
  generatedChangesetIdsContainsDescription: ['generatedChangeSetIdsContainsDescription'],
  liquibaseCatalogName: ['catalogName'],
  liquibaseSchemaName: ['schemaName'],
  liquibaseTablespaceName: ['databaseChangeLogTablespaceName', 'liquibaseTableSpaceName'],
}

/** Every global setting of Liquibase 4.28. */
export const globals: readonly GlobalSpec[] = [
  ...list(used, 'used'),
  ...list(none, 'none'),
  ...Object.entries(refused).map(([key, [harmless, hint]]) => spec(key, 'refused', harmless === off, harmless, hint)),
]

function list(text: string, effect: 'used' | 'none'): readonly GlobalSpec[] {
  return text.split(/\s+/).map((word) => spec(word.replace('!', ''), effect, word.endsWith('!'), undefined, undefined))
}

function spec(
  key: string,
  effect: GlobalSpec['effect'],
  isBoolean: boolean,
  harmless: RegExp | undefined,
  hint: string | undefined,
): GlobalSpec {
  return { key, aliases: aliases[key] ?? [], type: isBoolean ? 'boolean' : 'text', effect, harmless, hint }
}
