import type { Database } from '../database.ts'
import type { ObjectType, SnapshotObject, SnapshotProduct, UncarriedObject } from './model.ts'

export interface CatalogueRequest {
  /** Physical names; empty = the connection's default schema. Where there are no schemas (SQLite) it is ignored. */
  readonly schemas: readonly string[]
  /** Every schema but the system's. */
  readonly isAllSchemas: boolean
  /** Whether grants are read: on a server without them, or without the right to see them, they are left out. */
  readonly withGrants: boolean
  /** Whether owners are read, where there are any. */
  readonly withOwners: boolean
  readonly signal?: AbortSignal | undefined
}

/** What a catalogue holds, unsorted. */
export interface CatalogueContents {
  readonly product: SnapshotProduct
  readonly serverVersion: string
  readonly database: string
  readonly schemas: readonly string[]
  readonly isPortable: boolean
  readonly objects: readonly SnapshotObject[]
  readonly uncarried: readonly UncarriedObject[]
}

/** One object that two databases have, not alike. */
export interface ObjectPair {
  /** As it is. */
  readonly from: SnapshotObject
  /** As it shall be. */
  readonly to: SnapshotObject
  /** Names of the properties that differ. */
  readonly properties: readonly string[]
}

/** How an object becomes another without being dropped. */
export interface Alteration {
  readonly statements: readonly string[]
  /** The way back; undefined where there is none that gives everything back. */
  readonly rollback: readonly string[] | undefined
  /** Why data may be lost, as one sentence; undefined when none can be. */
  readonly losesData?: string | undefined
  /** Dependents of these types have to be dropped before and made again afterwards. */
  readonly recreatesDependents?: readonly ObjectType[] | undefined
  /** Parts of the difference that no statement expresses, as sentences. */
  readonly unexpressed?: readonly string[] | undefined
}

/** What a change of an object comes to: statements, or dropping and creating it. */
export type AlterPlan = { readonly kind: 'alter'; readonly alteration: Alteration } | { readonly kind: 'recreate' }

/** A table's rows as statements. */
export interface TableRows {
  readonly statements: readonly string[]
  /** Takes them all out again. */
  readonly remove: readonly string[]
  readonly rowCount: number
}

/** A database product's catalogue: reading it, and the SQL that turns one object into another. */
export interface Catalogue {
  /** Reads all objects in one consistent view, in a number of queries that does not grow with the number of objects. */
  read(database: Database, request: CatalogueRequest): Promise<CatalogueContents>
  /** How an object is changed. Pure. */
  planAlter(pair: ObjectPair): AlterPlan
  /**
   * The rows of a table as INSERT statements, in the order of its key. Throws `SNAPSHOT_DATA_TOO_LARGE` when there are more than `rowsMax`.
   */
  readRows(database: Database, table: SnapshotObject, columns: readonly SnapshotObject[], rowsMax: number): Promise<TableRows>
  /** Whether data is in an object of this kind, so that dropping it loses some. */
  holdsData(object: SnapshotObject): boolean
  /** Statements that drop an object together with whatever depends on it in the schemas that are dropped; none where a parent takes it along. */
  dropForcibly(object: SnapshotObject): readonly string[]
  /** Objects outside of these schemas that would go with them, by name. Nothing is dropped while there are any. */
  findOutsideDependents(database: Database, schemas: readonly string[]): Promise<readonly string[]>
  /** Sets a session up for dropping many objects in one order; gives what undoes that. */
  prepareDrop?(database: Database): Promise<() => Promise<void>>
}
