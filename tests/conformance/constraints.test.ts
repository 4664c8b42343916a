import { constraints } from './areas/constraints.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(constraints)
