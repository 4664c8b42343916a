/** What a snapshot file says it is. */
export const snapshotFormat = 'sluice-snapshot'

/** Version of the document. A reader refuses higher ones. */
export const snapshotVersion = 1

/** Products whose catalogues can be read. MySQL and MariaDB share a reader and differ in what they have. */
export type SnapshotProduct = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite'

/** Kinds of objects, in the order in which independent ones are created. */
export const objectTypes = [
  'schema',
  'extension',
  'collation',
  'enum',
  'range',
  'composite',
  'domain',
  'operator',
  'operatorFamily',
  'operatorClass',
  'cast',
  'conversion',
  'textSearchDictionary',
  'textSearchConfiguration',
  'foreignServer',
  'userMapping',
  'sequence',
  'table',
  'foreignTable',
  'column',
  'primaryKey',
  'unique',
  'check',
  'exclusion',
  'index',
  'foreignKey',
  'statistics',
  'view',
  'materializedView',
  'function',
  'procedure',
  'aggregate',
  'rule',
  'trigger',
  'policy',
  'event',
  'eventTrigger',
  'publication',
  'grant',
  'defaultPrivileges',
] as const

export type ObjectType = (typeof objectTypes)[number]

/** A fact about an object that is compared. Lists are compared in their order. */
export type PropertyValue = string | number | boolean | null | readonly string[]

/** Statements that can only run when other objects are there: they end what `create` began. */
export interface Attachment {
  readonly statements: readonly string[]
  /** Ids of the objects that have to be whole before. */
  readonly after: readonly string[]
}

/** One object of a database: what is compared, and how it is made and removed. Statements have no closing delimiter. */
export interface SnapshotObject {
  readonly type: ObjectType
  /** Null: the schema that the snapshot is of (its names are left off everywhere), or the object is in none. */
  readonly schema: string | null
  /** The table (or view) that it belongs to, in the same schema. */
  readonly table?: string
  /** Functions carry the types of their arguments: `add(integer, integer)`. */
  readonly name: string
  /** What is compared; names that begin with `~` are facts for planning that follow from other objects, and are not. */
  readonly properties: Readonly<Record<string, PropertyValue>>
  readonly create: readonly string[]
  /** What `create` had to leave out because of a cycle. */
  readonly attach?: Attachment
  /** Run before `create` where it comes before objects that its text may name without the catalogue knowing. */
  readonly early?: readonly string[]
  readonly drop: readonly string[]
  /** Ids of what has to be there before. */
  readonly dependsOn: readonly string[]
  /** Id of the object whose `create` makes this one too. */
  readonly partOf?: string
}

/** Something in the database that a snapshot cannot carry. Said, never left out silently. */
export interface UncarriedObject {
  readonly type: string
  readonly name: string
}

/** Everything that was read of a database's schemas, sorted; two snapshots of equal schemas are equal documents but for the head. */
export interface Snapshot {
  readonly format: typeof snapshotFormat
  readonly version: number
  readonly product: SnapshotProduct
  readonly serverVersion: string
  readonly database: string
  /** Schemas that were read. */
  readonly schemas: readonly string[]
  /** True when one schema was read and its name stands nowhere, so that the snapshot fits a schema of any name. */
  readonly isPortable: boolean
  readonly objects: readonly SnapshotObject[]
  readonly uncarried: readonly UncarriedObject[]
}

/** What names an object within a snapshot, for people and for references: `column shop.orders.total`. */
export function objectId(object: Pick<SnapshotObject, 'type' | 'schema' | 'table' | 'name'>): string {
  return `${object.type} ${objectName(object)}`
}

/** An object's name with its schema and table: `shop.orders.total`. Parts that hold more than letters, digits and `_` are quoted. */
export function objectName(object: Pick<SnapshotObject, 'schema' | 'table' | 'name'>): string {
  const parts = [object.schema ?? undefined, object.table, object.name]
  return parts
    .filter((part) => part !== undefined)
    .map((part) => (/^[\w$]+$/u.test(part) ? part : JSON.stringify(part)))
    .join('.')
}

const ranks = new Map<string, number>(objectTypes.map((type, index) => [type, index]))

/** Where a type stands among the types. */
export function typeRank(type: ObjectType): number {
  return ranks.get(type) ?? objectTypes.length
}

/** Texts by code units: the same on every machine, whatever its language. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** The order of objects in a document: type, schema, table, name. */
export function compareObjects(left: SnapshotObject, right: SnapshotObject): number {
  return (
    typeRank(left.type) - typeRank(right.type) ||
    compareText(left.schema ?? '', right.schema ?? '') ||
    compareText(left.table ?? '', right.table ?? '') ||
    compareText(left.name, right.name)
  )
}
