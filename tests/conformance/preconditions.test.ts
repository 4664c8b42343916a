import { preconditions } from './areas/preconditions.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(preconditions)
