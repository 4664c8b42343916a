import { objectId } from '@sluice/engine'
import type { CatalogueContents, CatalogueRequest, Database } from '@sluice/engine'
import { linkDependencies, readDependencies } from './read-dependencies.ts'
import { readCasts, readConversions } from './read-conversions.ts'
import { readCollations, readExtensions, readSchemas, readStatistics } from './read-extras.ts'
import { readForeignServers } from './read-foreign.ts'
import { readGrants } from './read-grants.ts'
import { readIndexes } from './read-indexes.ts'
import { readOperatorClasses, readOperators } from './read-operators.ts'
import { readOwners } from './read-owners.ts'
import { readPublications } from './read-publications.ts'
import { openReading } from './reading.ts'
import { readRoutines } from './read-routines.ts'
import { readSequences } from './read-sequences.ts'
import { readColumns, readTables } from './read-tables.ts'
import { readTextSearch } from './read-text-search.ts'
import { readTriggers } from './read-triggers.ts'
import { readTypes } from './read-types.ts'
import { readUncarried } from './read-uncarried.ts'
import { emptyFeedersLater, readViews } from './read-views.ts'

/** Reads a PostgreSQL catalogue: some forty queries in one read-only transaction, whatever the number of objects. */
export async function readPostgresCatalogue(database: Database, request: CatalogueRequest): Promise<CatalogueContents> {
  const reading = await openReading(database, request)
  try {
    await readDependencies(reading)
    await readSchemas(reading)
    await readExtensions(reading)
    await readCollations(reading)
    await readTypes(reading)
    await readOperators(reading)
    await readOperatorClasses(reading)
    await readCasts(reading)
    await readConversions(reading)
    await readTextSearch(reading)
    await readForeignServers(reading)
    const identities = await readSequences(reading)
    const columns = await readColumns(reading)
    await readTables(reading, columns, identities)
    await readViews(reading, columns)
    await readIndexes(reading)
    await readStatistics(reading)
    await readRoutines(reading)
    await readTriggers(reading)
    await readPublications(reading)
    if (request.withOwners) await readOwners(reading)
    if (request.withGrants) await readGrants(reading)
    await linkDependencies(reading)
    emptyFeedersLater(reading)
    await readUncarried(reading)
  } finally {
    if (database.transactionState === 'active' || database.transactionState === 'failed') await database.script(['ROLLBACK'])
  }
  if (!reading.isPortable) {
    for (const draft of reading.drafts) {
      if (draft.schema !== null) draft.dependsOn.add(objectId({ type: 'schema', schema: null, name: draft.schema }))
    }
  }
  return {
    product: 'postgresql',
    serverVersion: reading.serverVersion,
    database: reading.databaseName,
    schemas: [...reading.schemas.values()],
    isPortable: reading.isPortable,
    objects: reading.finish(),
    uncarried: reading.uncarried,
  }
}
