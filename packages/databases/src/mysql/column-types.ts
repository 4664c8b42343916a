import type { Dialect } from '@sluice/engine'
import { physicalName } from './names.ts'

/** The columns of the table that rows are loaded into, with their types. Whether letters' case matters is for the server to say. */
export const mysqlColumnTypes: Dialect['columnTypesQuery'] = ({ node: { attributes } }, defaultSchema) => {
  const { schemaName = '', catalogName = '', tableName = '' } = attributes
  const schema = catalogName === '' ? schemaName : catalogName
  return {
    sql: 'SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = ? AND table_name = ?',
    values: [schema === '' ? (defaultSchema ?? null) : physicalName(schema), physicalName(tableName)],
  }
}
