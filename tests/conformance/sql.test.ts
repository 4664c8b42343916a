import { sql } from './areas/sql.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(sql)
