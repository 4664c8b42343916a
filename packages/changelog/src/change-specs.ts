import type { ModelledChangeName } from './model.ts'

/** What a value has to be, and how it is printed back. Everything else is text. */
export type AttributeType = 'boolean' | 'integer'

/** The parts that one modelled change, or one part of it, can have. */
export interface NodeSpec {
  /** Attributes, without those of `commonAttributes`. */
  readonly attributes: readonly string[]
  /** The attribute that the text of an XML element, or a YAML scalar in place of a mapping, stands for. */
  readonly text?: string
  /** Nested parts by name. A list name (`columns`) is left out: its items are the children. */
  readonly children?: Readonly<Record<string, NodeSpec>>
  /** Names of lists that only hold children. */
  readonly lists?: readonly string[]
  readonly required?: readonly string[]
  readonly noSchema?: boolean
}

export const commonAttributes = ['catalogName', 'schemaName'] as const

export const booleanAttributes: ReadonlySet<string> = new Set([
  ...[
    'autoIncrement',
    'cascadeConstraints',
    'clustered',
    'computed',
    'cycle',
    'defaultOnNull',
    'defaultValueBoolean',
    'deferrable',
  ],
  ...['deleteCascade', 'descending', 'disabled', 'dropIndex', 'fullDefinition', 'ifExists', 'ifNotExists', 'included'],
  ...['initiallyDeferred', 'keepTagOnRollback', 'nullable', 'onlyUpdate', 'ordered', 'primaryKey', 'referencesUniqueColumn'],
  ...['relativeToChangelogFile', 'replaceIfExists', 'rowDependencies', 'unique', 'usePreparedStatements', 'validate'],
  ...['validateForeignKey', 'validateNullable', 'validatePrimaryKey', 'validateUnique', 'valueBoolean'],
])

export const integerAttributes: ReadonlySet<string> = new Set([
  ...['cacheSize', 'incrementBy', 'index', 'maxValue', 'minValue', 'position', 'startValue', 'startWith'],
])

const constraints: NodeSpec = {
  attributes: [
    ...['nullable', 'notNullConstraintName', 'primaryKey', 'primaryKeyName', 'primaryKeyTablespace', 'references'],
    ...[
      'referencedTableCatalogName',
      'referencedTableSchemaName',
      'referencedTableName',
      'referencedColumnNames',
      'foreignKeyName',
    ],
    ...['unique', 'uniqueConstraintName', 'checkConstraint', 'deleteCascade', 'deferrable', 'initiallyDeferred'],
    ...['validateNullable', 'validateUnique', 'validatePrimaryKey', 'validateForeignKey'],
  ],
  noSchema: true,
}

const valueAttributes = [
  ...['value', 'valueNumeric', 'valueBoolean', 'valueDate', 'valueComputed', 'valueSequenceNext', 'valueSequenceCurrent'],
  ...['valueBlobFile', 'valueClobFile', 'encoding'],
]

const defaultAttributes = [
  ...['defaultValue', 'defaultValueNumeric', 'defaultValueBoolean', 'defaultValueDate', 'defaultValueComputed'],
  ...['defaultValueSequenceNext', 'defaultValueConstraintName'],
]

const column: NodeSpec = {
  attributes: [
    ...['name', 'type', ...valueAttributes, ...defaultAttributes, 'autoIncrement', 'startWith', 'incrementBy', 'generationType'],
    ...['defaultOnNull', 'remarks', 'descending', 'included', 'computed', 'afterColumn', 'beforeColumn', 'position'],
  ],
  text: 'value',
  children: { constraints },
  noSchema: true,
}

const loadColumn: NodeSpec = {
  ...column,
  attributes: [...column.attributes, 'header', 'index', 'nullPlaceholder', 'allowUpdate'],
}

const parameter: NodeSpec = { attributes: ['name', 'type', ...valueAttributes], text: 'value', noSchema: true }

const columns = { children: { column }, lists: ['columns'] }
const whereParts = { children: { param: parameter }, lists: ['whereParams'] }
const forIndex = ['forIndexName', 'forIndexSchemaName', 'forIndexCatalogName']
const procedureBody = ['procedureText', 'path', 'relativeToChangelogFile', 'encoding', 'dbms', 'comment', 'replaceIfExists']
const sequence = ['sequenceName', 'incrementBy', 'minValue', 'maxValue', 'ordered', 'cycle', 'cacheSize', 'dataType']
const load = [
  ...['tableName', 'file', 'relativeToChangelogFile', 'separator', 'quotchar', 'encoding', 'commentLineStartsWith'],
  'usePreparedStatements',
]
const loadParts = { children: { column: loadColumn }, lists: ['columns'] }

/** Attributes and parts of every modelled change, for all supported versions of the format together. */
export const changeSpecs: Readonly<Record<ModelledChangeName, NodeSpec>> = {
  addAutoIncrement: {
    attributes: ['tableName', 'columnName', 'columnDataType', 'startWith', 'incrementBy', 'defaultOnNull', 'generationType'],
    required: ['tableName', 'columnName'],
  },
  addColumn: { attributes: ['tableName'], ...columns, required: ['tableName'] },
  addDefaultValue: {
    attributes: ['tableName', 'columnName', 'columnDataType', ...defaultAttributes],
    required: ['tableName', 'columnName'],
  },
  addForeignKeyConstraint: {
    attributes: [
      ...['baseTableCatalogName', 'baseTableSchemaName', 'baseTableName', 'baseColumnNames', 'referencedTableCatalogName'],
      ...['referencedTableSchemaName', 'referencedTableName', 'referencedColumnNames', 'constraintName', 'deferrable'],
      ...['initiallyDeferred', 'validate', 'deleteCascade', 'onUpdate', 'onDelete', 'referencesUniqueColumn'],
    ],
    required: ['baseTableName', 'baseColumnNames', 'referencedTableName', 'referencedColumnNames', 'constraintName'],
    noSchema: true,
  },
  addLookupTable: {
    attributes: [
      ...['existingTableCatalogName', 'existingTableSchemaName', 'existingTableName', 'existingColumnName'],
      ...['newTableCatalogName', 'newTableSchemaName', 'newTableName', 'newColumnName', 'newColumnDataType', 'constraintName'],
    ],
    required: ['existingTableName', 'existingColumnName', 'newTableName', 'newColumnName'],
    noSchema: true,
  },
  addNotNullConstraint: {
    attributes: ['tableName', 'columnName', 'defaultNullValue', 'columnDataType', 'constraintName', 'validate'],
    required: ['tableName', 'columnName'],
  },
  addPrimaryKey: {
    attributes: ['tableName', 'columnNames', 'constraintName', 'tablespace', 'clustered', 'validate', ...forIndex],
    required: ['tableName', 'columnNames'],
  },
  addUniqueConstraint: {
    attributes: [
      ...['tableName', 'columnNames', 'constraintName', 'tablespace', 'deferrable', 'initiallyDeferred', 'disabled', 'validate'],
      ...['clustered', ...forIndex],
    ],
    required: ['tableName', 'columnNames'],
  },
  alterSequence: { attributes: sequence, required: ['sequenceName'] },
  createIndex: {
    attributes: ['indexName', 'tableName', 'unique', 'clustered', 'tablespace', 'associatedWith', 'using'],
    ...columns,
    required: ['tableName'],
  },
  createProcedure: { attributes: ['procedureName', ...procedureBody], text: 'procedureText' },
  createSequence: { attributes: [...sequence, 'startValue'], required: ['sequenceName'] },
  createTable: {
    attributes: ['tableName', 'tablespace', 'remarks', 'tableType', 'ifNotExists', 'rowDependencies', 'partitionBy'],
    ...columns,
    required: ['tableName'],
  },
  createView: {
    attributes: [
      ...[
        'viewName',
        'selectQuery',
        'replaceIfExists',
        'fullDefinition',
        'path',
        'relativeToChangelogFile',
        'encoding',
        'remarks',
      ],
    ],
    text: 'selectQuery',
    required: ['viewName'],
  },
  delete: { attributes: ['tableName', 'where'], ...whereParts, required: ['tableName'] },
  dropAllForeignKeyConstraints: {
    attributes: ['baseTableCatalogName', 'baseTableSchemaName', 'baseTableName'],
    required: ['baseTableName'],
    noSchema: true,
  },
  dropColumn: { attributes: ['tableName', 'columnName'], ...columns, required: ['tableName'] },
  dropDefaultValue: { attributes: ['tableName', 'columnName', 'columnDataType'], required: ['tableName', 'columnName'] },
  dropForeignKeyConstraint: {
    attributes: ['baseTableCatalogName', 'baseTableSchemaName', 'baseTableName', 'constraintName'],
    required: ['baseTableName', 'constraintName'],
    noSchema: true,
  },
  dropIndex: { attributes: ['indexName', 'tableName', 'associatedWith'], required: ['indexName'] },
  dropNotNullConstraint: {
    attributes: ['tableName', 'columnName', 'columnDataType', 'constraintName'],
    required: ['tableName', 'columnName'],
  },
  dropPrimaryKey: { attributes: ['tableName', 'constraintName', 'dropIndex'], required: ['tableName'] },
  dropProcedure: { attributes: ['procedureName'], required: ['procedureName'] },
  dropSequence: { attributes: ['sequenceName'], required: ['sequenceName'] },
  dropTable: { attributes: ['tableName', 'cascadeConstraints'], required: ['tableName'] },
  dropUniqueConstraint: { attributes: ['tableName', 'constraintName', 'uniqueColumns'], required: ['tableName'] },
  dropView: { attributes: ['viewName', 'ifExists'], required: ['viewName'] },
  empty: { attributes: [], noSchema: true },
  executeCommand: {
    attributes: ['executable', 'os', 'timeout'],
    children: { arg: { attributes: ['value'], text: 'value', noSchema: true } },
    lists: ['args'],
    required: ['executable'],
    noSchema: true,
  },
  insert: { attributes: ['tableName', 'dbms'], ...columns, required: ['tableName'] },
  loadData: { attributes: load, ...loadParts, required: ['tableName', 'file'] },
  loadUpdateData: {
    attributes: [...load, 'primaryKey', 'onlyUpdate'],
    ...loadParts,
    required: ['tableName', 'file', 'primaryKey'],
  },
  mergeColumns: {
    attributes: ['tableName', 'column1Name', 'joinString', 'column2Name', 'finalColumnName', 'finalColumnType'],
    required: ['tableName', 'column1Name', 'column2Name', 'finalColumnName', 'finalColumnType'],
  },
  modifyDataType: {
    attributes: ['tableName', 'columnName', 'newDataType'],
    required: ['tableName', 'columnName', 'newDataType'],
  },
  output: { attributes: ['message', 'target'], text: 'message', required: ['message'], noSchema: true },
  renameColumn: {
    attributes: ['tableName', 'oldColumnName', 'newColumnName', 'columnDataType', 'remarks'],
    required: ['tableName', 'oldColumnName', 'newColumnName'],
  },
  renameSequence: {
    attributes: ['oldSequenceName', 'newSequenceName'],
    required: ['oldSequenceName', 'newSequenceName'],
  },
  renameTable: { attributes: ['oldTableName', 'newTableName'], required: ['oldTableName', 'newTableName'] },
  renameView: { attributes: ['oldViewName', 'newViewName'], required: ['oldViewName', 'newViewName'] },
  setColumnRemarks: {
    attributes: ['tableName', 'columnName', 'remarks', 'columnDataType', 'columnParentType'],
    required: ['tableName', 'columnName', 'remarks'],
  },
  setTableRemarks: { attributes: ['tableName', 'remarks'], required: ['tableName', 'remarks'] },
  stop: { attributes: ['message'], text: 'message', noSchema: true },
  tagDatabase: { attributes: ['tag', 'keepTagOnRollback'], required: ['tag'], noSchema: true },
  update: {
    attributes: ['tableName', 'where'],
    children: { column, param: parameter },
    lists: ['columns', 'whereParams'],
    required: ['tableName'],
  },
}

/** The `sql` and `sqlFile` changes of YAML, JSON and XML. */
export const sqlSpec: NodeSpec = {
  attributes: ['sql', 'splitStatements', 'stripComments', 'endDelimiter', 'dbms', 'comment', 'rerunnable'],
  text: 'sql',
  noSchema: true,
}

export const sqlFileSpec: NodeSpec = {
  attributes: ['path', 'relativeToChangelogFile', 'encoding', 'splitStatements', 'stripComments', 'endDelimiter', 'dbms'],
  required: ['path'],
  noSchema: true,
}

/** Changes that exist elsewhere only: what to write instead. */
export const foreignChanges: Readonly<Record<string, string>> = {
  customChange:
    'It runs a Java class, which only Liquibase itself can do: write the change as SQL, or run this changelog with the Liquibase command.',
  ...Object.fromEntries(
    [
      ...['addCheckConstraint', 'dropCheckConstraint', 'enableCheckConstraint', 'disableCheckConstraint', 'createFunction'],
      ...['dropFunction', 'createPackage', 'createPackageBody', 'dropPackage', 'dropPackageBody', 'createTrigger', 'dropTrigger'],
      ...['enableTrigger', 'disableTrigger', 'renameTrigger', 'createSynonym', 'dropSynonym', 'markUnused'],
    ].map((name) => [name, 'It belongs to the commercial edition of Liquibase: write it as an sql change.']),
  ),
}
