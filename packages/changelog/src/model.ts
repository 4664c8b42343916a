/** Where in the user's files something stands. Lines and columns are 1-based, columns in UTF-16 code units. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A whole changelog: everything that the root file reaches, in the order in which it runs. */
export interface Changelog {
  readonly rootPath: string
  /** In execution order: `runOrder: first` moved to the front, `last` to the end, everything else as written. */
  readonly changesets: readonly Changeset[]
  /** Changesets whose `dbms` does not match the database that was given to the parser: invisible to every command but listings. */
  readonly otherDatabases: readonly Changeset[]
  /** Changelog-level preconditions: the root's first, then those of included files. All of them must hold before anything runs. */
  readonly preconditions: readonly PreconditionGroup[]
  /** Every file that was read (changelogs, SQL files, CSV files), sorted. */
  readonly files: readonly string[]
  /** Global properties after parsing, by lower-case name; what `changeLogPropertyDefined` looks at. */
  readonly properties: Readonly<Record<string, string>>
}

export type ChangelogFormat = 'formattedSql' | 'rawSql' | 'yaml' | 'json' | 'xml'

export interface Changeset {
  readonly id: string
  readonly author: string
  /** The FILENAME column: the changeset's or file's logicalFilePath, else the path as reached from the search path. */
  readonly path: string
  /** FILENAMEs under which other Liquibase versions may have recorded it: a `logicalFilePath` on the include above it. */
  readonly otherPaths?: readonly string[] | undefined
  /** The file it was read from, and the line of its own declaration. */
  readonly place: SourcePlace
  readonly format: ChangelogFormat
  readonly changes: readonly Change[]
  readonly rollback: Rollback
  /** The changeset's own context expression as written, and those it inherits from includes and files, nearest first. */
  readonly context: string | undefined
  readonly inheritedContexts: readonly string[]
  /** The changeset's own labels, and the sets it inherits, nearest first. A filter has to match each of them. */
  readonly labels: readonly string[]
  readonly inheritedLabels: readonly (readonly string[])[]
  /** Comma list as written, for example `postgresql,!h2`; undefined = every database. */
  readonly dbms: string | undefined
  readonly runOnChange: boolean
  readonly runAlways: boolean
  readonly failOnError: boolean
  readonly runInTransaction: boolean
  /** True when the changeset or an include above it says `ignore`. */
  readonly ignore: boolean
  readonly runOrder: 'first' | 'last' | undefined
  readonly onValidationFail: 'HALT' | 'MARK_RAN'
  /** A change lacks what it needs, and `onValidationFail: MARK_RAN` says that the changeset is then recorded and not run. */
  readonly isInvalid?: boolean | undefined
  /** Stored checksums that count as unchanged: `9:…`, `8:…`, or one of `any`, `all`, `*`, `-1`, `1:any`. */
  readonly validCheckSums: readonly string[]
  /** Comments as for the COMMENTS column, joined; empty when there is none. */
  readonly comment: string
  readonly preconditions: PreconditionGroup | undefined
  readonly objectQuotingStrategy: ObjectQuotingStrategy
  readonly modifySql: readonly SqlVisitor[]
  /** The tag of a `tagDatabase` change in this changeset. */
  readonly tag: string | undefined
}

export type ObjectQuotingStrategy = 'LEGACY' | 'QUOTE_ALL_OBJECTS' | 'QUOTE_ONLY_RESERVED_WORDS'

/**
 * How a changeset is undone. `none`: nothing was written, so inverses of its changes are generated where they exist.
 * `empty`: intentionally nothing to do. `reference`: the changes of another changeset, already looked up.
 */
export type Rollback =
  | { readonly kind: 'none' }
  | { readonly kind: 'empty'; readonly place: SourcePlace }
  | { readonly kind: 'changes'; readonly changes: readonly Change[]; readonly place: SourcePlace }
  | {
      readonly kind: 'reference'
      readonly id: string
      readonly author: string
      readonly path: string
      readonly changes: readonly Change[]
      readonly place: SourcePlace
    }

export type Change = SqlChange | SqlFileChange | ModelledChange

/** SQL written in the changelog itself: formatted SQL, a raw SQL file, or the `sql` change of YAML, JSON and XML. */
export interface SqlChange {
  readonly type: 'sql'
  /** Properties expanded and trimmed: what runs and what the checksum is taken over. */
  readonly text: string
  readonly splitStatements: boolean
  readonly stripComments: boolean
  readonly endDelimiter: string | undefined
  /** Comma list; the change is left out on other databases, and out of their v9 checksum. */
  readonly dbms: string | undefined
  readonly comment: string | undefined
  /** Start of the text, for places of single statements. Inside the text lines count up as in the file. */
  readonly place: SourcePlace
}

/** SQL in a file of its own, read when the changelog was parsed. */
export interface SqlFileChange {
  readonly type: 'sqlFile'
  /** As written, properties expanded: what DESCRIPTION shows. */
  readonly path: string
  /** Where it was found, from the root of the file tree. */
  readonly resolvedPath: string
  readonly relativeToChangelogFile: boolean | undefined
  readonly encoding: string | undefined
  /** The file's text with properties expanded: what runs. */
  readonly text: string
  /** The file's text as it stands: what the v9 checksum is taken over. */
  readonly rawText: string
  readonly splitStatements: boolean
  readonly stripComments: boolean
  readonly endDelimiter: string | undefined
  readonly dbms: string | undefined
  readonly place: SourcePlace
}

/** A change from the modelled vocabulary (`createTable`, `insert`, …) as a tree of its parts. */
export interface ModelledChange {
  readonly type: 'modelled'
  readonly name: ModelledChangeName
  readonly node: ChangeNode
  /**
   * Path and text (properties not expanded) of the file that `loadData`, `createView` or `createProcedure` refer to. `expanded` is
   * the text with properties expanded, of the two that run it.
   */
  readonly file: { readonly path: string; readonly text: string; readonly expanded?: string | undefined } | undefined
  /** What `valueBlobFile`, `valueClobFile` and CSV columns of these types refer to, by the path as written. */
  readonly attachments?: ReadonlyMap<string, Attachment> | undefined
  readonly place: SourcePlace
}

/** A file whose contents are the value of a column. */
export interface Attachment {
  /** Decoded, where a text is wanted. */
  readonly text: string | undefined
  /** The bytes as hexadecimal digits, where bytes are wanted. */
  readonly hex: string | undefined
}

/**
 * One level of a modelled change, the same for every changelog format.
 *
 * Scalars are attributes, whether the file has them as attribute, nested element or text: `where` of update and delete,
 * `selectQuery` of createView, `procedureText` of createProcedure, `message` of output, `arg`s as children. Lists and nested
 * objects are children named by their element: `column`, `constraints`, `param`, `arg`.
 *
 * Values are text as Java prints them after its own parsing, which is what checksums are made of: YAML `1.50` is `1.5`, an
 * unquoted YAML date is `2020-01-02T00:00:00`, XML values stay as written.
 */
export interface ChangeNode {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly ChangeNode[]
  readonly place: SourcePlace
}

export type ModelledChangeName = (typeof modelledChangeNames)[number]

/** Every open-source change type but `sql`, `sqlFile` and the Java-only `customChange`. */
export const modelledChangeNames = [
  'addAutoIncrement',
  'addColumn',
  'addDefaultValue',
  'addForeignKeyConstraint',
  'addLookupTable',
  'addNotNullConstraint',
  'addPrimaryKey',
  'addUniqueConstraint',
  'alterSequence',
  'createIndex',
  'createProcedure',
  'createSequence',
  'createTable',
  'createView',
  'delete',
  'dropAllForeignKeyConstraints',
  'dropColumn',
  'dropDefaultValue',
  'dropForeignKeyConstraint',
  'dropIndex',
  'dropNotNullConstraint',
  'dropPrimaryKey',
  'dropProcedure',
  'dropSequence',
  'dropTable',
  'dropUniqueConstraint',
  'dropView',
  'empty',
  'executeCommand',
  'insert',
  'loadData',
  'loadUpdateData',
  'mergeColumns',
  'modifyDataType',
  'output',
  'renameColumn',
  'renameSequence',
  'renameTable',
  'renameView',
  'setColumnRemarks',
  'setTableRemarks',
  'stop',
  'tagDatabase',
  'update',
] as const

/** Changes the SQL that a changeset's changes generate (`modifySql`). */
export interface SqlVisitor {
  readonly name: 'append' | 'appendSqlIfNotPresent' | 'prepend' | 'replace' | 'regExpReplace'
  /** `value`, or `replace` and `with`. */
  readonly attributes: Readonly<Record<string, string>>
  readonly dbms: string | undefined
  readonly context: string | undefined
  readonly labels: string | undefined
  readonly applyToRollback: boolean
  readonly place: SourcePlace
}

export type PreconditionOutcome = 'HALT' | 'CONTINUE' | 'MARK_RAN' | 'WARN'

/** The preconditions of one changeset or changelog, and what follows when they do not hold. */
export interface PreconditionGroup {
  readonly onFail: PreconditionOutcome
  readonly onError: PreconditionOutcome
  readonly onSqlOutput: 'IGNORE' | 'TEST' | 'FAIL'
  readonly onFailMessage: string | undefined
  readonly onErrorMessage: string | undefined
  /** All of them have to hold. */
  readonly conditions: readonly Precondition[]
  readonly place: SourcePlace
}

export type Precondition = PreconditionContainer | PreconditionTest

export interface PreconditionContainer {
  readonly type: 'and' | 'or' | 'not'
  readonly children: readonly Precondition[]
  readonly place: SourcePlace
}

export interface PreconditionTest {
  readonly type: 'test'
  readonly name: PreconditionName
  /** As in the changelog, properties expanded; the query of `sqlCheck` is `sql`. */
  readonly attributes: Readonly<Record<string, string>>
  readonly place: SourcePlace
}

export type PreconditionName = keyof typeof preconditionAttributes

/** Which attributes a precondition takes, and the ones it cannot do without. `customPrecondition` is Java and refused. */
export const preconditionAttributes = {
  changeLogPropertyDefined: { required: ['property'], optional: ['value'] },
  changeSetExecuted: { required: ['id', 'author', 'changeLogFile'], optional: [] },
  columnExists: { required: ['tableName', 'columnName'], optional: ['catalogName', 'schemaName'] },
  dbms: { required: ['type'], optional: [] },
  expectedQuotingStrategy: { required: ['strategy'], optional: [] },
  foreignKeyConstraintExists: {
    required: [],
    optional: ['foreignKeyName', 'foreignKeyTableName', 'catalogName', 'schemaName'],
  },
  indexExists: { required: [], optional: ['indexName', 'tableName', 'columnNames', 'catalogName', 'schemaName'] },
  primaryKeyExists: { required: [], optional: ['primaryKeyName', 'tableName', 'catalogName', 'schemaName'] },
  rowCount: { required: ['tableName', 'expectedRows'], optional: ['catalogName', 'schemaName'] },
  runningAs: { required: ['username'], optional: [] },
  sequenceExists: { required: ['sequenceName'], optional: ['catalogName', 'schemaName'] },
  sqlCheck: { required: ['expectedResult', 'sql'], optional: [] },
  tableExists: { required: ['tableName'], optional: ['catalogName', 'schemaName'] },
  tableIsEmpty: { required: ['tableName'], optional: ['catalogName', 'schemaName'] },
  uniqueConstraintExists: {
    required: [],
    optional: ['constraintName', 'tableName', 'columnNames', 'catalogName', 'schemaName'],
  },
  viewExists: { required: ['viewName'], optional: ['catalogName', 'schemaName'] },
} as const satisfies Readonly<Record<string, { required: readonly string[]; optional: readonly string[] }>>
