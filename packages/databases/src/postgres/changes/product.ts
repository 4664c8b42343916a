import type { Product, ProductName } from '../../changes/product.ts'
import { isReservedWord, quoteAlways, quotePhysicalName } from '../names.ts'
import { toPostgresType } from './types.ts'

/** PostgreSQL and the databases that take its SQL. */
export function createPostgresProduct(name: ProductName): Product {
  return {
    name,
    family: 'postgresql',
    isReservedWord,
    quoteAlways,
    quotePhysicalName,
    foldsCase: true,
    usesCatalogs: false,
    usesDefaultSchema: true,
    text: (value) => `'${value.replaceAll("'", "''")}'`,
    trueValue: 'TRUE',
    falseValue: 'FALSE',
    now: 'NOW()',
    nowWithPrecision: undefined,
    hasSequences: true,
    columnType: toPostgresType,
    primaryKeyName: (table) => `${table}_pkey`,
  }
}
