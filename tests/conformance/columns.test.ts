import { columns } from './areas/columns.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(columns)
