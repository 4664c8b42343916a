import { data } from './areas/data.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(data)
