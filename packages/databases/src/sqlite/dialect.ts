import type { Dialect } from '@sluice/engine'
import { createGenerate } from '../changes/generate.ts'
import { catalogueTexts, openSqliteFacts } from './changes/facts.ts'
import { sqliteGenerators } from './changes/generators.ts'
import { sqliteProduct } from './changes/product.ts'
import { sqliteColumnTypes } from './column-types.ts'
import { sqliteCondition } from './conditions.ts'
import { literal, physicalName, quoteName, quotePhysicalName } from './names.ts'

/** SQLite as the engine's planner sees it. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  transactionalDdl: true,
  parameter: () => '?',
  quoteName,
  quotePhysicalName,
  physicalName,
  literal,
  currentTimestamp: 'CURRENT_TIMESTAMP',
  types: { text: (length) => `VARCHAR(${length})`, longText: 'TEXT', timestamp: 'TEXT', boolean: 'BOOLEAN' },
  openFacts: openSqliteFacts,
  catalogueTexts,
  generate: createGenerate(sqliteProduct, sqliteGenerators),
  columnTypesQuery: sqliteColumnTypes,
  conditionQuery: sqliteCondition,
  catalogue: async () => (await import('./catalog/catalogue.ts')).sqliteCatalogue,
}
