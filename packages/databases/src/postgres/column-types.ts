import type { Dialect } from '@sluice/engine'
import { physicalName } from './names.ts'

/** The columns of the table that rows are loaded into, with their types; a domain's is the one that it stands for. */
export const postgresColumnTypes: Dialect['columnTypesQuery'] = ({ node: { attributes } }, defaultSchema) => {
  const { schemaName = '', tableName = '' } = attributes
  return {
    sql: `SELECT a.attname, pg_catalog.format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL)
 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'f', 'v') AND a.attnum > 0 AND NOT a.attisdropped`,
    values: [schemaName === '' ? (defaultSchema ?? null) : physicalName(schemaName), physicalName(tableName)],
  }
}
