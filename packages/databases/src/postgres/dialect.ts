import type { Dialect } from '@sluice/engine'
import { createGenerate, sharedGenerators } from '../changes/generate.ts'
import type { ProductName } from '../changes/product.ts'
import { createPostgresProduct } from './changes/product.ts'
import { postgresColumnTypes } from './column-types.ts'
import { postgresCondition } from './conditions.ts'
import { literal, physicalName, quoteName, quotePhysicalName } from './names.ts'

/** PostgreSQL as the engine's planner sees it. */
export const postgresDialect: Dialect = {
  name: 'postgresql',
  transactionalDdl: true,
  parameter: (index) => `$${index}`,
  quoteName,
  quotePhysicalName,
  physicalName,
  literal,
  currentTimestamp: 'NOW()',
  types: {
    text: (length) => `VARCHAR(${length})`,
    longText: 'TEXT',
    timestamp: 'TIMESTAMP WITHOUT TIME ZONE',
    boolean: 'BOOLEAN',
  },
  generate: createGenerate(createPostgresProduct('postgresql'), sharedGenerators),
  columnTypesQuery: postgresColumnTypes,
  conditionQuery: postgresCondition,
  catalogue: async () => (await import('./catalog/catalogue.ts')).postgresCatalogue,
}

/** CockroachDB: PostgreSQL's SQL but for details. Compared with Liquibase's; it has not run on a server of this project. */
export const cockroachdbDialect: Dialect = createVariant('cockroachdb')

/** YugabyteDB: PostgreSQL's SQL. It has not run on a server of this project. */
export const yugabytedbDialect: Dialect = createVariant('yugabytedb')

/**
 * Neither takes changes of the schema back with their transaction in every release, and neither has advisory locks in every release:
 * CockroachDB's always say yes, https://www.cockroachlabs.com/docs/stable/postgresql-compatibility.
 */
function createVariant(name: ProductName): Dialect {
  const generate = createGenerate(createPostgresProduct(name), sharedGenerators)
  return { ...postgresDialect, name, transactionalDdl: false, lacksSessionLock: true, generate, catalogue: undefined }
}
