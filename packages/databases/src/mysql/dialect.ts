import type { Dialect } from '@sluice/engine'
import { createGenerate, sharedGenerators } from '../changes/generate.ts'
import type { Generators } from '../changes/generate.ts'
import { createMysqlProduct } from './changes/product.ts'
import { mysqlColumnTypes } from './column-types.ts'
import { mysqlCondition } from './conditions.ts'
import { literal, physicalName, quoteName, quotePhysicalName } from './names.ts'

/** MySQL has no sequences. */
const mysqlGenerators: Generators = Object.fromEntries(
  Object.entries(sharedGenerators).filter(([name]) => !name.endsWith('Sequence')),
)

/** MySQL as the engine's planner sees it. Its SQL is compared with Liquibase's; it has not run on a server of this project. */
export const mysqlDialect: Dialect = createMysqlDialect('mysql', 'TINYINT')

/** MariaDB as the engine's planner sees it. */
export const mariadbDialect: Dialect = createMysqlDialect('mariadb', 'TINYINT(1)')

function createMysqlDialect(name: 'mysql' | 'mariadb', boolean: string): Dialect {
  return {
    name,
    transactionalDdl: false,
    parameter: () => '?',
    quoteName,
    quotePhysicalName,
    physicalName,
    literal,
    currentTimestamp: 'NOW()',
    types: { text: (length) => `VARCHAR(${length})`, longText: 'LONGTEXT', timestamp: 'datetime', boolean },
    generate: createGenerate(createMysqlProduct(name), name === 'mariadb' ? sharedGenerators : mysqlGenerators),
    columnTypesQuery: mysqlColumnTypes,
    conditionQuery: mysqlCondition,
    catalogue: async () => (await import('./catalog/catalogue.ts')).mysqlCatalogue,
  }
}
