import { AppError } from '@sluice/base'
import type {
  CatalogueRequest,
  Database,
  ObjectType,
  PropertyValue,
  SnapshotObject,
  SqlValue,
  UncarriedObject,
} from '@sluice/engine'
import { objectId } from '@sluice/engine'

/** An object while its parts are collected. */
export interface Draft {
  readonly type: ObjectType
  readonly schema: string | null
  readonly table?: string
  readonly name: string
  readonly properties: Record<string, PropertyValue>
  create: string[]
  attach?: { statements: string[]; after: Set<string> }
  early?: readonly string[]
  drop: string[]
  readonly dependsOn: Set<string>
  partOf?: string
}

/** A dependency of the catalogue, by the class names and object ids of `pg_depend`. */
export interface Dependency {
  readonly from: string
  readonly fromColumn: number
  readonly to: string
  readonly toColumn: number
  readonly kind: string
}

/** One reading of a PostgreSQL catalogue: what was asked for, what was found, and how names are written. */
export class Reading {
  readonly database: Database
  readonly request: CatalogueRequest
  readonly version: number
  readonly databaseName: string
  readonly serverVersion: string
  readonly isPortable: boolean
  /** By object id. */
  readonly schemas: ReadonlyMap<string, string>
  readonly drafts: Draft[] = []
  readonly byId = new Map<string, Draft>()
  /** Ids of objects by `class:oid`, and of columns by `pg_class:oid:number`. */
  readonly ids = new Map<string, string>()
  /** Dependencies by what depends. */
  readonly dependencies = new Map<string, Dependency[]>()
  readonly uncarried: UncarriedObject[] = []
  /** Defaults (`pg_attrdef:oid`) that are set after their table is made, because they use a function of the user's. */
  readonly lateDefaults = new Set<string>()
  /** Parts (entries of operator families) that are added after their object is made, so that only that waits for what they use. */
  readonly lateParts = new Set<string>()
  readonly #keywords: ReadonlySet<string>

  constructor(
    init: Pick<Reading, 'database' | 'request' | 'version' | 'databaseName' | 'serverVersion' | 'isPortable' | 'schemas'>,
    keywords: ReadonlySet<string>,
  ) {
    this.database = init.database
    this.request = init.request
    this.version = init.version
    this.databaseName = init.databaseName
    this.serverVersion = init.serverVersion
    this.isPortable = init.isPortable
    this.schemas = init.schemas
    this.#keywords = keywords
  }

  /** Rows of a query as objects. `$1` of every query is the list of the schemas' object ids. */
  async rows<T>(sql: string): Promise<readonly T[]> {
    this.request.signal?.throwIfAborted()
    const values: SqlValue[] = [`{${[...this.schemas.keys()].join(',')}}`]
    const { rows } = await this.database.query(
      `SELECT row_to_json(q)::text FROM (SELECT $1::oid[] IS NOT NULL) p, LATERAL (${sql}) q`,
      values,
    )
    return rows.map(([text]) => JSON.parse(String(text)) as T)
  }

  /** As `quote_ident` of the server does it. */
  quote(name: string): string {
    return /^[a-z_][a-z0-9_$]*$/.test(name) && !this.#keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`
  }

  /** The schema as objects carry it: null for the one whose name stands nowhere. */
  schemaOf(name: string): string | null {
    return this.isPortable ? null : name
  }

  /** A name as statements need it. `schema` is that of the catalogue, perhaps one that is not read. */
  qualified(schema: string, name: string): string {
    return this.isPortable && this.hasSchema(schema) ? this.quote(name) : `${this.quote(schema)}.${this.quote(name)}`
  }

  hasSchema(name: string): boolean {
    for (const own of this.schemas.values()) if (own === name) return true
    return false
  }

  /** Takes an object in, under its `class:oid`. */
  add(draft: Draft, oid: string | undefined): string {
    const id = objectId(draft)
    this.drafts.push(draft)
    this.byId.set(id, draft)
    if (oid !== undefined) this.ids.set(oid, id)
    return id
  }

  finish(): readonly SnapshotObject[] {
    return this.drafts.map(({ dependsOn, attach, ...draft }) => ({
      ...draft,
      ...(attach === undefined ? {} : { attach: { statements: attach.statements, after: [...attach.after].sort() } }),
      dependsOn: [...dependsOn].sort(),
    }))
  }
}

/** What a relation is, from its `relkind`. */
export function tableType(relationKind: string): 'table' | 'foreignTable' | 'view' | 'materializedView' {
  return ({ f: 'foreignTable', v: 'view', m: 'materializedView' } as const)[relationKind] ?? 'table'
}

/** Statements to comment an object; none without a comment. */
export function commentOn(target: string, comment: string | null): string[] {
  return comment === null ? [] : [`COMMENT ON ${target} IS ${literal(comment)}`]
}

/** A text as a literal that reads the same whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** Options as the catalogue has them (`fillfactor=70`), as SQL. */
export function optionList(options: readonly string[] | null, prefix = ''): string[] {
  return (options ?? []).map((option) => {
    const at = option.indexOf('=')
    const value = option.slice(at + 1)
    return `${prefix}${option.slice(0, at)}=${/^[\w.+-]+$/.test(value) ? value : literal(value)}`
  })
}

interface HeadRow {
  readonly version: number
  readonly serverVersion: string
  readonly database: string
  readonly defaultSchema: string | null
  readonly keywords: readonly string[]
  readonly schemas: readonly { readonly oid: string; readonly name: string }[]
}

/** Begins a reading: a read-only transaction with one view of the catalogue, texts that depend on no setting, and the schemas found. */
export async function openReading(database: Database, request: CatalogueRequest): Promise<Reading> {
  const { rows } = await database.query(`SELECT json_build_object(
  'version', current_setting('server_version_num')::int, 'serverVersion', current_setting('server_version'),
  'database', current_database(), 'defaultSchema', current_schema(),
  'keywords', (SELECT json_agg(word) FROM pg_catalog.pg_get_keywords() WHERE catcode <> 'U'),
  'schemas', (SELECT json_agg(json_build_object('oid', n.oid::text, 'name', n.nspname) ORDER BY n.nspname) FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'))::text`)
  const head = JSON.parse(String(rows[0]?.[0])) as HeadRow
  const isPortable = !request.isAllSchemas && request.schemas.length < 2
  const wanted = request.isAllSchemas
    ? head.schemas.map(({ name }) => name)
    : request.schemas.length > 0
      ? request.schemas
      : [head.defaultSchema]
  const schemas = new Map<string, string>()
  for (const name of wanted) {
    const found = head.schemas.find((schema) => schema.name === name)
    if (found === undefined) {
      throw new AppError('invalid', 'SCHEMA_NOT_FOUND', `There is no schema "${name ?? ''}" in "${head.database}".`, {
        hint:
          name === null
            ? 'Name one, or correct currentSchema in the connection URL.'
            : `Schemas: ${head.schemas.map((schema) => schema.name).join(', ')}.`,
      })
    }
    schemas.set(found.oid, found.name)
  }
  const reading = new Reading(
    {
      database,
      request,
      version: head.version,
      databaseName: head.database,
      serverVersion: head.serverVersion,
      isPortable,
      schemas,
    },
    new Set(head.keywords),
  )
  const path = isPortable ? [...schemas.values()].map((name) => `"${name.replaceAll('"', '""')}"`).join('') : "''"
  await database.script([
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    `SET LOCAL search_path = ${path}`,
    'SET LOCAL quote_all_identifiers = off',
    "SET LOCAL datestyle = 'ISO, MDY'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL timezone = 'UTC'",
    'SET LOCAL extra_float_digits = 1',
    "SET LOCAL bytea_output = 'hex'",
    // Compiling a query of the catalogue takes longer than running it.
    'SET LOCAL jit = off',
  ])
  return reading
}
