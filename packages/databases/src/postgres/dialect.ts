import type { Dialect } from '@sluice/engine'
import { generatePostgres } from './changes/generate.ts'
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
  generate: generatePostgres,
  conditionQuery: postgresCondition,
}
