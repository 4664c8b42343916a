import type { OverlayTemplate } from '../model.ts'
import { toStorableText } from '../storable-json.ts'
import { findNode, isEmptyNode, type YamlNode } from '../yaml-node.ts'
import type { YamlReader } from '../yaml-reader.ts'
import { checkPodOverlay } from './check-pod-overlay.ts'
import { readOverlayNode, readOverlayText } from './read-overlay.ts'

/**
 * `podSpecOverlay`: a partial PodSpec, as a text of YAML or as a mapping. It is read when the pipeline is stored and not after its expressions
 * have their values, so that a value can be no more than a value: it adds no fields. Only an overlay that is one expression is read afterwards.
 */
export function parsePodOverlay(reader: YamlReader, node: YamlNode | undefined, group: string): OverlayTemplate | undefined {
  const what = `"podSpecOverlay" of ${group}`
  if (node === undefined || isEmptyNode(node)) return undefined
  if (node.kind === 'scalar') {
    const scalar = reader.text(node, what)
    if (scalar === undefined) return undefined
    if (isOneExpression(scalar.text)) {
      const template = reader.templateOf(scalar, scalar.text.trim(), 0, what, 'refused')
      return template === undefined ? undefined : { kind: 'yaml', template }
    }
    return convert(reader, readOverlayText(scalar, reader.report, what), what)
  }
  return convert(reader, readOverlayNode(node, reader.report, what), what)
}

function isOneExpression(text: string): boolean {
  return /^\s*<\+(?:[^<>\n]|<\+[^<>\n]*>)*>\s*$/.test(text)
}

function convert(reader: YamlReader, root: YamlNode | undefined, what: string): OverlayTemplate | undefined {
  if (root === undefined || isEmptyNode(root)) return undefined
  const errorsBefore = reader.report.errors
  const overlay = templateOf(reader, root, what)
  if (reader.report.errors > errorsBefore) return undefined
  for (const { path, message, hint } of checkPodOverlay(knownOf(overlay))) {
    reader.report.error('POD_OVERLAY_INVALID', `${what}: ${message}`, findNode(root, path).place, hint)
  }
  return reader.report.errors > errorsBefore ? undefined : overlay
}

function templateOf(reader: YamlReader, node: YamlNode, what: string): OverlayTemplate {
  if (node.kind === 'list') return { kind: 'list', items: node.items.map((item) => templateOf(reader, item, what)) }
  if (node.kind === 'map') {
    return { kind: 'map', entries: node.entries.map(({ key, value }) => [key, templateOf(reader, value, what)] as const) }
  }
  if (!node.text.includes('<+')) {
    const { value } = node
    return { kind: 'value', value: typeof value === 'string' ? toStorableText(value) : value }
  }
  return { kind: 'text', template: reader.template(node, `${what}: a value`) ?? [], plain: node.plain }
}

/** The overlay as far as it is known before it is evaluated: `undefined` where an expression stands. */
function knownOf(overlay: OverlayTemplate): unknown {
  switch (overlay.kind) {
    case 'value':
      return overlay.value
    case 'list':
      return overlay.items.map(knownOf)
    case 'map':
      return Object.fromEntries(overlay.entries.map(([key, value]) => [key, knownOf(value)]))
    case 'text':
    case 'yaml':
      return undefined
  }
}
