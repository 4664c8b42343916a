import type { ConformanceArea } from '../framework/model.ts'
import { columns } from './columns.ts'
import { commands } from './commands.ts'
import { constraints } from './constraints.ts'
import { data } from './data.ts'
import { expressions } from './expressions.ts'
import { formattedSql } from './formatted-sql.ts'
import { json, xml } from './formats.ts'
import { objects } from './objects.ts'
import { preconditions } from './preconditions.ts'
import { sql } from './sql.ts'
import { structure } from './structure.ts'
import { tables } from './tables.ts'

/** Every area, in the order of docs/conformance.md. */
export const areas: readonly ConformanceArea[] = [
  ...[tables, columns, constraints, objects, data, sql, preconditions],
  ...[xml, json, formattedSql, structure, expressions, commands],
]
