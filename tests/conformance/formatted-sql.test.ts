import { formattedSql } from './areas/formatted-sql.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(formattedSql)
