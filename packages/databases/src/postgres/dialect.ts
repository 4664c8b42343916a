import type { Dialect } from '@sluice/engine'
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
  generate: (change) => ({
    statements: [],
    diagnostics: [
      {
        severity: 'error',
        code: 'CHANGE_UNSUPPORTED',
        message: `The change "${change.name}" is not supported yet.`,
        ...change.place,
      },
    ],
  }),
  conditionQuery: () => undefined,
}
