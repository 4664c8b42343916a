import type { Product } from '../../changes/product.ts'
import { isReservedWord, quoteAlways, quotePhysicalName } from '../names.ts'
import { toMariadbType, toMysqlType } from './types.ts'

/** MySQL and MariaDB. */
export function createMysqlProduct(name: 'mysql' | 'mariadb'): Product {
  return {
    name,
    family: 'mysql',
    isReservedWord,
    quoteAlways,
    quotePhysicalName,
    foldsCase: false,
    usesCatalogs: true,
    usesDefaultSchema: true,
    text: (value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
    trueValue: '1',
    falseValue: '0',
    now: 'NOW()',
    nowWithPrecision: (precision) => `NOW(${precision})`,
    hasSequences: name === 'mariadb',
    columnType: name === 'mariadb' ? toMariadbType : toMysqlType,
    primaryKeyName: (table) => `PK_${table.toUpperCase()}`,
  }
}
