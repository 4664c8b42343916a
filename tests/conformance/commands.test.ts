import { commands } from './areas/commands.ts'
import { defineArea } from './framework/define-area.ts'

defineArea(commands)
