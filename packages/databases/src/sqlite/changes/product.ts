import type { Product } from '../../changes/product.ts'
import { isReservedWord, quoteAlways, quotePhysicalName } from '../names.ts'
import { toSqliteType } from './types.ts'

export const sqliteProduct: Product = {
  name: 'sqlite',
  family: 'sqlite',
  isReservedWord,
  quoteAlways,
  quotePhysicalName,
  foldsCase: false,
  usesCatalogs: true,
  usesDefaultSchema: false,
  text: (value) => `'${value.replaceAll("'", "''")}'`,
  trueValue: '1',
  falseValue: '0',
  now: 'CURRENT_TIMESTAMP',
  nowWithPrecision: undefined,
  hasSequences: false,
  columnType: toSqliteType,
  primaryKeyName: (table) => `PK_${table.toUpperCase()}`,
}
