import { structure } from './areas/structure.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(structure)
