import type { Difference } from '../differences.ts'

/** Entries for several databases at once. */
function on(databases: string, cases: readonly string[], reason: string): readonly Difference[] {
  return databases.split(' ').flatMap((database) => cases.map((one) => ({ case: `generated-sql/${one}@${database}`, reason })))
}

const every = 'postgresql cockroachdb mysql mariadb sqlite'
const mysqlFamily = 'mysql mariadb'

const rebuilt =
  'Liquibase rebuilds the table from an offline snapshot that does not know it, and would lose its columns; on a database it loses defaults and indexes. Sluice uses ALTER TABLE where SQLite has it, and otherwise rebuilds the table as the catalogue has it, or says that it needs the database.'
const lostCatalog = 'Liquibase forgets the catalog in some statements, which then change another table.'
const unquoted = 'Liquibase quotes no reserved word on SQLite, and the statement does not parse.'
const zones = 'Time zones are no part of MySQL’s types, and the statement does not parse.'

/** Where generated SQL differs from Liquibase’s on purpose. A pattern that no longer differs anywhere fails the test. */
export const generatedSqlDifferences: readonly Difference[] = [
  // Every database.
  ...on(
    every,
    ['createTable, constraints: primary key without validation'],
    'Liquibase writes ENABLE NOVALIDATE, which only Oracle has; Sluice says that it cannot be done.',
  ),
  ...on(every, ['*default uuid defaultValue=*'], 'Liquibase leaves the quotes out, and the statement does not parse.'),
  ...on(every, ['*default timestamp defaultValueDate=2020-01-02'], 'Liquibase fails on a date without a time.'),
  ...on(every, ["mergeColumns joinString=it's"], 'Liquibase does not escape the text between the columns.'),
  ...on(
    every,
    ['dropAllForeignKeyConstraints*'],
    'Liquibase reads the keys when it runs and prints nothing offline. Sluice’s statements find them when they run; on SQLite, which cannot drop a key, it says so.',
  ),
  ...on(
    every,
    ['where parameter nothing', 'where parameter *null"', 'where parameter value="NULL"'],
    'Liquibase fails on a parameter without a value.',
  ),
  ...on(
    every,
    ['* valueClobFile=*', '* valueBlobFile=*', 'loadData: texts from files'],
    'Liquibase prints nothing, since it binds the file’s contents; Sluice writes them as a literal.',
  ),
  ...on(
    every,
    ['update where=', 'delete where='],
    'Liquibase prints a WHERE without a condition, which does not parse; Sluice asks for one.',
  ),
  ...on(
    every,
    ['* varchar(10)[]', '* numeric(10,2)[]'],
    'Liquibase puts the parameters of an array after its brackets, which is no type.',
  ),
  ...on(every, ['* java.sql.Types.BIT', '* java.sql.Types.OTHER'], 'Liquibase passes the Java name on, which no database knows.'),
  ...on(every, ['type char varying(3)'], 'Liquibase puts the length in the middle, which does not parse.'),
  ...on(
    every,
    ['* interval year to month', 'counted interval'],
    'Liquibase doubles words or prints its own settings, which does not parse.',
  ),
  ...on(every, ['* "quoted type"'], 'Liquibase loses the quotes of a type.'),
  ...on(
    every,
    ['counted bit varying(5)'],
    'A type that cannot count: one of the two refuses it, the database refuses it with the other.',
  ),
  ...on(
    every,
    ['modifySql appendSqlIfNotPresent'],
    'Liquibase 4.28 reads appendSqlIfNotPresent and never applies it; Sluice does what its documentation says.',
  ),
  ...on(
    every,
    ['loadUpdateData onlyUpdate=true'],
    'Liquibase’s rollback deletes rows that were only updated, and its update inserts on CockroachDB and does nothing on SQLite. Sluice updates, and has no rollback.',
  ),
  ...on(
    'postgresql cockroachdb mysql mariadb',
    ['counted function'],
    'Liquibase takes the word for a function and refuses to count; the database refuses the type.',
  ),
  // PostgreSQL and its kin.
  ...on('postgresql cockroachdb mysql mariadb', ['renameView schemaName=*'], 'Liquibase’s rollback forgets the schema.'),
  ...on(
    'postgresql cockroachdb mysql mariadb',
    ['addColumn: referenced table in schema'],
    'Liquibase forgets the schema of the referenced table.',
  ),
  ...on(
    'postgresql cockroachdb mysql mariadb',
    ['addUniqueConstraint: without name'],
    'Liquibase’s rollback drops a constraint named "null".',
  ),
  ...on('postgresql cockroachdb', ['createIndex: without name'], 'Liquibase’s rollback drops an index named "null".'),
  ...on('postgresql cockroachdb mariadb', ['alterSequence ordered=*'], 'Liquibase writes ORDER, which only Oracle has.'),
  ...on(
    'postgresql cockroachdb',
    ['alterSequence cacheSize=0'],
    'Liquibase writes NOCACHE, which PostgreSQL does not know: CACHE 1 says it.',
  ),
  ...on('cockroachdb', ['loadUpdateData*'], 'Liquibase only inserts, and fails on rows that exist; Sluice updates them.'),
  ...on('cockroachdb', ['counted *tinyint*', 'counted java.sql.Types.TINYINT'], 'Liquibase’s column does not count.'),
  ...on(
    'postgresql cockroachdb',
    ['addUniqueConstraint forIndexName=ix_a', 'addUniqueConstraint: for an index in a schema'],
    'Liquibase names columns and an index, which does not parse on PostgreSQL; an index brings its columns along.',
  ),
  ...on(
    'postgresql',
    ['addUniqueConstraint: tablespace and deferral'],
    'Liquibase puts the tablespace last, which does not parse.',
  ),
  ...on(
    'postgresql',
    ['createTable, value attributes: autoIncrement with default'],
    'PostgreSQL refuses an identity with a default: Sluice leaves the default out, with a warning.',
  ),
  // MySQL and MariaDB.
  ...on(
    mysqlFamily,
    ['* default int defaultValueNumeric=(1+1)', 'createTable default *(*)', 'addColumn default *(*)'],
    'A default that is an expression needs parentheses there.',
  ),
  ...on(
    mysqlFamily,
    ['addDefaultValue datetime defaultValueComputed=*ON UPDATE*'],
    'ALTER … SET DEFAULT does not take ON UPDATE; Sluice says so before.',
  ),
  ...on(
    mysqlFamily,
    ['createIndex: expression*'],
    'An expression needs parentheses of its own on MySQL, and MariaDB has no such indexes.',
  ),
  ...on(
    mysqlFamily,
    ['createTable, constraints: deferrable', 'createTable, constraints: initially deferred'],
    'MySQL cannot defer keys: Liquibase’s statement does not parse, Sluice says so before.',
  ),
  ...on(mysqlFamily, ['*timestamp*with* time zone*', 'type timestamptz(3)'], zones),
  ...on(mysqlFamily, ['addColumn: named not null'], 'NOT NULL has no name on MySQL, and Liquibase’s statement does not parse.'),
  ...on(mysqlFamily, ['* NOT NULL'], 'Liquibase adds NULL to a type that says NOT NULL.'),
  ...on('mysql mariadb sqlite', ['type national varchar(10)'], 'Liquibase repeats a part of the type, which does not parse.'),
  ...on(mysqlFamily, ['*atalogName=cat'], lostCatalog),
  ...on('sqlite', ['renameTable catalogName=cat', 'createView catalogName=cat', 'renameColumn catalogName=cat'], lostCatalog),
  ...on(
    'mysql mariadb sqlite',
    ['createIndex: without name'],
    'An index has to have a name there; Liquibase’s statement does not parse.',
  ),
  ...on('mariadb', ['renameSequence*'], 'ALTER SEQUENCE of MariaDB cannot rename; RENAME TABLE can.'),
  ...on(
    'mariadb',
    ['addDefaultValue* defaultValueSequenceNext=*', 'addDefaultValue: sequence *', '*: default'],
    'Liquibase writes the sequence’s name as an expression, which means a column.',
  ),
  // SQLite.
  ...on(
    'sqlite',
    ['*autoIncrement*', 'counted *', 'type *serial*', 'createTable: two keys, one counted', 'createTable: everything'],
    'SQLite counts in an INTEGER that is the whole key, and only there: other statements of Liquibase do not run.',
  ),
  ...on(
    'sqlite',
    ['createTable, constraints: references with schema', 'createTable, constraints: referenced table in *'],
    'A foreign key of SQLite names no schema; Liquibase’s statement does not parse.',
  ),
  ...on(
    'sqlite',
    ['createTable, constraints: initially deferred'],
    'SQLite knows DEFERRABLE INITIALLY DEFERRED in this order only.',
  ),
  ...on(
    'sqlite',
    [
      '*column order',
      '*column Group',
      '*index order',
      '*index Group',
      '*insert into order',
      '*insert into Group',
      'dropTable tableName=order',
      'renameTable newTableName=order',
      'createTable: mixed case',
      'loadData: unusual values',
    ],
    unquoted,
  ),
  ...on(
    'sqlite',
    ['createView*replace*', 'createView: whole definition replaced'],
    'Liquibase drops a view that may not be there; Sluice drops it if it exists.',
  ),
  ...on('sqlite', ['renameView*'], 'Liquibase’s statement does not parse: SQLite cannot rename a view.'),
  ...on('sqlite', ['createTable default *'], 'A default that is an expression needs parentheses on SQLite.'),
  ...on(
    'sqlite',
    ['createIndex schemaName=*', 'createIndex catalogName=cat', 'createIndex: mixed case', 'createIndex: clustered in a schema'],
    'On SQLite the schema stands at the index only; with one at the table too the statement does not parse.',
  ),
  ...on(
    'sqlite',
    ['addColumn*', 'dropColumn*', 'mergeColumns*', 'addDefaultValue*', 'addAutoIncrement*', 'dropPrimaryKey*', '*: default'],
    rebuilt,
  ),
]
