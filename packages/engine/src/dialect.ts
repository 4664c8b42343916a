import type { Diagnostic } from '@sluice/base'
import type { ModelledChange, ObjectQuotingStrategy, PreconditionTest } from '@sluice/changelog'
import type { SqlValue } from './database.ts'
import type { Catalogue } from './snapshot/catalogue.ts'

/** How names and statements are written for one changeset. */
export interface GenerateContext {
  /** The schema that objects without one belong to; undefined leaves them unqualified, as Liquibase does offline. */
  readonly defaultSchema: string | undefined
  readonly objectQuotingStrategy: ObjectQuotingStrategy
  /** The catalogue at the point of the plan where the change stands; undefined offline, where only some changes need it. */
  readonly facts?: SchemaFacts | undefined
  /** The types of the columns of the change's table, by name in lower case, as its catalogue says them; undefined while they are unknown. */
  readonly columnTypes?: ReadonlyMap<string, string> | undefined
}

/** A table as its database's catalogue has it, for changes that make it anew. */
export interface TableFacts {
  readonly name: string
  /** The text of its CREATE TABLE. */
  readonly sql: string
  /** The texts of its indexes and triggers, each with its name. */
  readonly parts: readonly { readonly kind: 'index' | 'trigger'; readonly name: string; readonly sql: string }[]
  /** Other tables refer to it and foreign keys are enforced, so that dropping it would take their rows along. */
  readonly losesRowsWhenDropped: boolean
}

/**
 * What the catalogue says while a plan is made: at first as the database has it, then as if every statement planned so far had
 * run. Synchronous, so that planning stays one pass.
 */
export interface SchemaFacts {
  /** Tells of the next planned statement. */
  note(sql: string): void
  readTable(name: string): TableFacts | undefined
}

export interface GeneratedSql {
  /** Statements without a closing delimiter. */
  readonly statements: readonly string[]
  /** Errors name the change type, the attribute and its place. With an error there are no statements. */
  readonly diagnostics: readonly Diagnostic[]
  /** Values were written as texts because nothing said the types of their columns: with `columnTypes` there are as many, better statements. */
  readonly awaitsColumnTypes?: boolean | undefined
}

/** A question to the database that a precondition asks: it holds when the single value is true. */
export interface ConditionQuery {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** Everything about a database product that needs no connection: names, types, generated SQL. */
export interface Dialect {
  /** Liquibase's short name: what `dbms` in changelogs compares with. */
  readonly name: string
  /** Whether DDL rolls back with its transaction. */
  readonly transactionalDdl: boolean
  /**
   * The server has no lock that ends with its session, so that nobody can tell a killed run from a live one: its lock row stays until a
   * person frees it. Default: it has.
   */
  readonly lacksSessionLock?: boolean | undefined
  /** The parameter marker of bound values: `$1`, `?`, … (1-based). */
  parameter(index: number): string
  /** A name as an SQL text needs it, quoted only where it must be; the physical spelling is `physicalName`. */
  quoteName(name: string): string
  /** A name that stands in the catalogue exactly like this, quoted where SQL would fold or misread it. */
  quotePhysicalName(name: string): string
  /** How the catalogue spells a name that a changelog writes. */
  physicalName(name: string): string
  /** A text as an SQL literal that means the same whatever the session's string settings are. */
  literal(text: string): string
  /** The database's clock as an expression, for DATEEXECUTED and LOCKGRANTED. */
  readonly currentTimestamp: string
  readonly types: {
    readonly text: (length: number) => string
    readonly longText: string
    readonly timestamp: string
    readonly boolean: string
  }
  /**
   * Facts for a plan, from the CREATE texts that `catalogueTexts` selects; undefined where no change needs any. Nothing is read or
   * built before the first change that asks.
   */
  readonly openFacts?: ((catalogue: readonly string[]) => SchemaFacts) | undefined
  /** The query whose single column holds the texts for `openFacts`. */
  readonly catalogueTexts?: string | undefined
  /** The SQL of a modelled change, worded as Liquibase words it. */
  generate(change: ModelledChange, context: GenerateContext): GeneratedSql
  /** Asks for the columns of the table of a change, each a row of name and type. */
  columnTypesQuery(change: ModelledChange, defaultSchema: string | undefined): ConditionQuery
  /** The catalogue query of a precondition; undefined where the test is not a question to the catalogue. */
  conditionQuery(test: PreconditionTest, defaultSchema: string | undefined): ConditionQuery | undefined
  /** The catalogue reader, loaded when it is first needed; undefined = snapshots of this database are not supported. */
  readonly catalogue?: (() => Promise<Catalogue>) | undefined
}
