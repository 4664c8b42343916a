import { AppError } from '@sluice/base'
import type { Database } from '../database.ts'
import type { TrackingOptions } from '../options.ts'
import type { Catalogue } from './catalogue.ts'
import { compareObjects, compareText, snapshotFormat, snapshotVersion } from './model.ts'
import type { Snapshot, SnapshotObject } from './model.ts'

/** More objects than any database that a snapshot helps with; a bound for our memory. */
const objectsMax = 1_000_000

export interface SnapshotOptions extends Pick<TrackingOptions, 'historyTable' | 'lockTable'> {
  /** Schemas by their physical names. Empty or undefined = the connection's default schema, whose name is then left off everywhere. */
  readonly schemas?: readonly string[] | undefined
  /** Every schema but the system's. Default false. */
  readonly allSchemas?: boolean | undefined
  /** Default true. */
  readonly grants?: boolean | undefined
  /** Default false: whoever applies a changelog owns what it makes. PostgreSQL only. */
  readonly owners?: boolean | undefined
  /** Whether our and Liquibase's own tables are objects like others. Default false. */
  readonly includeTracking?: boolean | undefined
}

export interface SnapshotInput {
  readonly database: Database
  readonly options?: SnapshotOptions | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads all objects of one or more schemas in one consistent view of the catalogue. Nothing is written and no lock is taken.
 *
 * Throws `SNAPSHOT_UNSUPPORTED` for a database without a catalogue reader, `SNAPSHOT_TOO_LARGE`, `SCHEMA_NOT_FOUND`, and `DatabaseError`.
 */
export async function snapshotDatabase(input: SnapshotInput): Promise<Snapshot> {
  const { database, options = {}, signal } = input
  signal?.throwIfAborted()
  const catalogue = await openCatalogueOf(database)
  const contents = await catalogue.read(database, {
    schemas: options.schemas ?? [],
    isAllSchemas: options.allSchemas === true,
    withGrants: options.grants !== false,
    withOwners: options.owners === true,
    signal,
  })
  if (contents.objects.length > objectsMax) {
    throw new AppError('invalid', 'SNAPSHOT_TOO_LARGE', `The database has ${String(contents.objects.length)} objects.`, {
      hint: `A snapshot holds at most ${String(objectsMax)}: name the schemas that matter.`,
    })
  }
  const isTracking = createTrackingTest(options)
  const objects =
    options.includeTracking === true ? [...contents.objects] : contents.objects.filter((object) => !isTracking(object))
  const { product, serverVersion, schemas, isPortable, uncarried } = contents
  return {
    format: snapshotFormat,
    version: snapshotVersion,
    product,
    serverVersion,
    database: contents.database,
    schemas: [...schemas].sort(compareText),
    isPortable,
    objects: objects.sort(compareObjects),
    uncarried: [...uncarried].sort((one, other) => compareText(one.type, other.type) || compareText(one.name, other.name)),
  }
}

/** The catalogue reader of a connection's dialect. Throws `SNAPSHOT_UNSUPPORTED`. */
export async function openCatalogueOf(database: Database): Promise<Catalogue> {
  const { dialect } = database
  if (dialect.catalogue !== undefined) return dialect.catalogue()
  throw new AppError('failedPrecondition', 'SNAPSHOT_UNSUPPORTED', `The catalogue of ${dialect.name} cannot be read yet.`, {
    hint: 'PostgreSQL, MySQL, MariaDB and SQLite are supported.',
  })
}

/** Tells history, lock and side table, and what hangs on them, from users' objects. Names are compared without letter case. */
export function createTrackingTest(
  options: Pick<TrackingOptions, 'historyTable' | 'lockTable'>,
): (object: SnapshotObject) => boolean {
  const names = new Set(
    [
      'databasechangelog',
      'databasechangeloglock',
      'sluice_changeset_detail',
      'sluice_changeset_intent',
      options.historyTable,
      options.lockTable,
    ].flatMap((name) => (name === undefined ? [] : [name.toLowerCase()])),
  )
  return ({ type, table, name, properties }) => {
    if (names.has((table ?? '').toLowerCase())) return true
    if (type === 'table') return names.has(name.toLowerCase())
    const on = properties['on']
    return type === 'grant' && typeof on === 'string' && names.has(on.toLowerCase())
  }
}
