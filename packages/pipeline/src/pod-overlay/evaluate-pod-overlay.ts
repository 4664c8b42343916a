import { evaluateTemplate } from '../template.ts'
import { ExpressionError } from '../evaluate-expression.ts'
import type { Lookup } from '../expression.ts'
import type { JsonObject, JsonValue, OverlayTemplate, Template } from '../model.ts'
import { Report } from '../report.ts'
import { toStorableJson, toStorableText } from '../storable-json.ts'
import { toPlainValue, type YamlScalar } from '../yaml-node.ts'
import { overlayLengthMax } from './check-pod-overlay.ts'
import { readOverlayText } from './read-overlay.ts'

/**
 * The overlay with the values of its expressions; undefined for an empty one. A value without quotes is read as YAML reads it (a number, true or
 * false), one in quotes stays a text.
 *
 * Throws `ExpressionError`.
 */
export function evaluatePodOverlay(overlay: OverlayTemplate, lookup: Lookup): JsonObject | undefined {
  const value = overlay.kind === 'yaml' ? readAfterwards(overlay.template, lookup) : valueOf(overlay, lookup)
  const storable = toStorableJson(value, overlayLengthMax)
  if (storable === undefined) throw new ExpressionError('"podSpecOverlay" is too large, or nested too deeply.')
  return isObject(storable) && Object.keys(storable).length > 0 ? storable : undefined
}

function valueOf(overlay: OverlayTemplate, lookup: Lookup): JsonValue {
  switch (overlay.kind) {
    case 'value':
      return overlay.value
    case 'list':
      return overlay.items.map((item) => valueOf(item, lookup))
    case 'map':
      return Object.fromEntries(overlay.entries.map(([key, value]) => [key, valueOf(value, lookup)]))
    case 'text':
      return scalarOf(overlay, lookup)
    case 'yaml':
      throw new ExpressionError('"podSpecOverlay" has an overlay inside of another.')
  }
}

function scalarOf({ template, plain }: { readonly template: Template; readonly plain: boolean }, lookup: Lookup): JsonValue {
  const value = evaluateTemplate(template, lookup)
  if (value !== null && typeof value === 'object') {
    throw new ExpressionError('A value in "podSpecOverlay" has to be a text or a number, but it is a list or a mapping.')
  }
  if (typeof value !== 'string') return plain || value === null ? value : String(value)
  if (plain) {
    if (value === 'true' || value === 'false') return value === 'true'
    if (/^-?(?:0|[1-9][0-9]{0,14})$/.test(value)) return Number(value)
  }
  return toStorableText(value)
}

/** An overlay that is one expression: its whole text is YAML, without any expressions. */
function readAfterwards(template: Template, lookup: Lookup): JsonValue {
  const text = evaluateTemplate(template, lookup)
  if (text === null || text === '') return {}
  if (typeof text !== 'string') {
    if (isObject(text)) return isObject(text['spec']) && Object.keys(text).length === 1 ? text['spec'] : text
    throw new ExpressionError('"podSpecOverlay" has to be a text of YAML.')
  }
  const scalar: YamlScalar = { kind: 'scalar', value: text, text, plain: false, raw: `|\n${text}`, place: { line: 0, column: 1 } }
  const report = new Report(undefined)
  const root = readOverlayText(scalar, report, 'Its value')
  const [problem] = report.diagnostics()
  if (problem !== undefined) {
    const where = problem.line === undefined ? '' : ` (line ${problem.line} of the value)`
    throw new ExpressionError(`"podSpecOverlay": ${problem.message}${where}`, problem.hint)
  }
  return root === undefined ? {} : (toPlainValue(root) as JsonValue)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
