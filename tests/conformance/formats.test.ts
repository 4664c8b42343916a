import { json, xml } from './areas/formats.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(xml)
defineArea(json)
