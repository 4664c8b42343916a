import { objects } from './areas/objects.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(objects)
