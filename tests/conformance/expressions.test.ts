import { expressions } from './areas/expressions.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(expressions)
