import type { Place } from '../model.ts'
import { parseYaml } from '../parse-yaml.ts'
import { quote, type Report } from '../report.ts'
import { describeKind, type YamlMap, type YamlNode, type YamlScalar } from '../yaml-node.ts'
import { overlayLengthMax } from './check-pod-overlay.ts'

/** Values of one overlay, once its aliases are expanded. */
const nodesMax = 2_000

/**
 * The YAML of an overlay as nodes whose places are those of the pipeline's file, where the scalar that holds it shows them: in a literal block
 * (`|`) exactly, else the scalar's own place.
 */
export function readOverlayText(scalar: YamlScalar, report: Report, what: string): YamlMap | undefined {
  if (scalar.text.length > overlayLengthMax) {
    report.error('PIPELINE_TOO_LARGE', `${what} has more than ${overlayLengthMax} characters.`, scalar.place)
    return undefined
  }
  const errorsBefore = report.errors
  const [document, second] = parseYaml(scalar.text, report, placesIn(scalar))
  if (second !== undefined) {
    report.error('PIPELINE_VALUE', `${what} holds two YAML documents.`, second.root.place, 'Make them one.')
  }
  if (document === undefined || report.errors > errorsBefore) return undefined
  return readOverlayNode(document.root, report, what)
}

/** The PodSpec in an overlay: its `spec`, or, in the older form, the whole mapping. */
export function readOverlayNode(root: YamlNode, report: Report, what: string): YamlMap | undefined {
  if (root.kind !== 'map') {
    const hint = 'Write the fields of a PodSpec, for example spec: {terminationGracePeriodSeconds: 300}.'
    report.error('PIPELINE_TYPE', `${what} has to be a mapping, but it is ${describeKind(root)}.`, root.place, hint)
    return undefined
  }
  if (!isWellFormed(root, report, what)) return undefined
  const spec = root.entries.find(({ key }) => key === 'spec')
  if (spec === undefined) return root
  for (const { key, keyPlace } of root.entries) {
    if (key === 'spec') continue
    const hint = key === 'metadata' ? 'Use labels and annotations of stepGroupInfra.' : 'Leave it out.'
    report.error('PIPELINE_UNKNOWN_FIELD', `${what} has ${quote(key)} beside "spec".`, keyPlace, hint)
  }
  if (spec.value.kind === 'map') return spec.value
  if (spec.value.kind !== 'scalar' || spec.value.value !== null) {
    const message = `"spec" in ${what} has to be a mapping, but it is ${describeKind(spec.value)}.`
    report.error('PIPELINE_TYPE', message, spec.value.place)
  }
  return undefined
}

function isWellFormed(root: YamlNode, report: Report, what: string): boolean {
  const errorsBefore = report.errors
  let nodes = 0
  const visit = (node: YamlNode): void => {
    nodes += 1
    if (nodes > nodesMax) return
    if (node.kind === 'list') node.items.forEach(visit)
    else if (node.kind === 'map') {
      for (const { key, keyPlace, value } of node.entries) {
        if (key.includes('\0') || !key.isWellFormed())
          report.error('PIPELINE_TEXT', `${what} has a key with a NUL character.`, keyPlace)
        if (key.includes('<+')) {
          report.error(
            'PIPELINE_EXPRESSION_NOT_ALLOWED',
            `${what}: a key cannot hold an expression.`,
            keyPlace,
            'Use it in values.',
          )
        }
        visit(value)
      }
    } else if (node.plain && /^0[0-7]+$/.test(node.text)) {
      // YAML 1.1, which kubectl reads, takes it for octal, YAML 1.2 does not: a file mode would silently be another.
      const hint = `Write 0o${node.text.slice(1)} for the octal number, or put it in quotes.`
      report.error('PIPELINE_VALUE', `${what}: ${quote(node.text)} can be read in two ways.`, node.place, hint)
    }
  }
  visit(root)
  if (nodes > nodesMax) report.error('PIPELINE_TOO_LARGE', `${what} has more than ${nodesMax} values.`, root.place)
  return report.errors === errorsBefore
}

/** Maps places in a scalar's text to places in its file. */
function placesIn(scalar: YamlScalar): (inner: Place) => Place {
  const [header, ...lines] = scalar.raw.split('\n')
  // Folded and quoted texts break their lines elsewhere.
  if (header?.startsWith('|') !== true) return () => scalar.place
  const isBlank = (line: string): boolean => line.trim() === ''
  const indentOf = (line: string | undefined): number => /^ */.exec(line ?? '')?.[0].length ?? 0
  const indent = indentOf(lines.find((line) => !isBlank(line))) - indentOf(scalar.text.split('\n').find((line) => !isBlank(line)))
  return ({ line, column }) => ({ line: scalar.place.line + line, column: column + Math.max(0, indent) })
}
