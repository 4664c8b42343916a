import type { ScenarioArea } from '../framework/model.ts'
import { includeCases } from './include-cases.ts'
import { propertyCases } from './property-cases.ts'
import { rootFileCases } from './root-file-cases.ts'

export const structure: ScenarioArea = {
  area: 'structure',
  kind: 'scenarios',
  cases: [...includeCases, ...rootFileCases, ...propertyCases],
}
