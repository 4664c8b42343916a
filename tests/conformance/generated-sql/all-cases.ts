import type { SqlCase } from './case.ts'
import { columnCases } from './column-cases.ts'
import { constraintCases } from './constraint-cases.ts'
import { dataCases } from './data-cases.ts'
import { modifyCases } from './modify-cases.ts'
import { quotingCases } from './quoting-cases.ts'
import { tableCases } from './table-cases.ts'
import { typeCases } from './type-cases.ts'

/** Every change with every attribute, in groups of one changelog each. */
export const caseGroups: Readonly<Record<string, readonly SqlCase[]>> = {
  tables: tableCases,
  columns: columnCases,
  constraints: constraintCases,
  data: dataCases,
  types: typeCases,
  quoting: quotingCases,
  modify: modifyCases,
}
