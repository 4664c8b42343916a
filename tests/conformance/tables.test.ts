import { tables } from './areas/tables.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(tables)
