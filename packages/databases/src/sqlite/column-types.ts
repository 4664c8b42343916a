import type { Dialect } from '@sluice/engine'
import { physicalName } from './names.ts'

/** The columns of the table that rows are loaded into, with the types that they were declared with. */
export const sqliteColumnTypes: Dialect['columnTypesQuery'] = ({ node: { attributes } }) => ({
  sql: 'SELECT name, type FROM pragma_table_xinfo(?)',
  values: [physicalName(attributes['tableName'] ?? '')],
})
