import { didYouMean } from '@sluice/base'
import { fieldTables, laterStageTypes } from './fields.ts'
import type { Parallel, Place, Stage, StageNode, Step, StepGroup } from './model.ts'
import { parseFailureStrategies, parseWhen } from './parse-conditions.ts'
import { parseGroupInfra } from './parse-infra.ts'
import { parseStep } from './parse-step.ts'
import { parseVariables } from './parse-variables.ts'
import { quote } from './report.ts'
import { isEmptyNode } from './yaml-node.ts'
import type { YamlMap, YamlNode } from './yaml-node.ts'
import type { YamlReader } from './yaml-reader.ts'

/** What stands under `stage:`. */
export function parseStage(reader: YamlReader, node: YamlNode): Stage | undefined {
  const stage = readStage(reader, node)
  if (stage === undefined) reader.incomplete = true
  return stage
}

function readStage(reader: YamlReader, node: YamlNode): Stage | undefined {
  const map = reader.map(node, 'A stage')
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.stage, 'a stage')
  const identifier = reader.identifier(fields, 'A stage', map.place)
  const what = identifier === undefined ? 'the stage' : `stage ${quote(identifier)}`
  const typeNode = fields.get('type')
  if (typeNode === undefined) {
    reader.report.error('PIPELINE_MISSING_FIELD', `A stage needs a type (${what}).`, map.place, 'Write type: Custom.')
  }
  reader.choice(typeNode, `The type of ${what}`, ['Custom'] as const, laterStageTypes)
  // What another type of stage holds is not ours to judge; a misspelt type is taken for ours.
  const isForeign = typeNode?.kind === 'scalar' && laterStageTypes.includes(typeNode.text)
  parseFailureStrategies(reader, fields.get('failureStrategies'), 'other', what)
  const stage = {
    name: reader.name(fields, identifier ?? '', what),
    when: parseWhen(reader, fields.get('when'), 'stage', what),
    variables: parseVariables(reader, fields.get('variables'), what),
    delegateSelectors: reader.templates(fields.get('delegateSelectors'), `"delegateSelectors" of ${what}`),
    nodes: isForeign ? [] : parseExecution(reader, fields.get('spec'), what, map),
    place: fields.get('identifier')?.place ?? map.place,
  }
  if (isForeign) reader.incomplete = true
  return identifier === undefined ? undefined : { ...stage, identifier, type: 'Custom' }
}

function parseExecution(reader: YamlReader, node: YamlNode | undefined, what: string, stage: YamlMap): StageNode[] {
  const spec = reader.map(node, `"spec" of ${what}`)
  const executionNode =
    spec === undefined ? undefined : reader.fields(spec, fieldTables.stageSpec, `"spec" of ${what}`).get('execution')
  const execution = reader.map(executionNode, `"execution" of ${what}`)
  const steps =
    execution === undefined ? undefined : reader.fields(execution, fieldTables.execution, `"execution" of ${what}`).get('steps')
  const nodes = parseNodes(reader, steps, what, parseStageItem)
  checkImages(reader, nodes, false)
  if (nodes.length === 0 && (steps === undefined || isEmptyNode(steps))) {
    const hint = 'Put at least one step under spec.execution.steps.'
    reader.report.error('PIPELINE_MISSING_FIELD', `There are no steps in ${what}.`, steps?.place ?? stage.place, hint)
  }
  return nodes
}

type ItemParser<Node> = (reader: YamlReader, kind: string, value: YamlNode, place: Place, what: string) => Node | undefined

/** A list of `step:`, `stepGroup:` and `parallel:`; identifiers are unique in it, parallel members included. */
function parseNodes<Node extends Step | StepGroup>(
  reader: YamlReader,
  node: YamlNode | undefined,
  what: string,
  parseItem: ItemParser<Node>,
): (Node | Parallel<Node>)[] {
  const nodes: (Node | Parallel<Node>)[] = []
  const seen = new Map<string, Place>()
  const add = (item: Node): boolean => {
    const earlier = seen.get(item.identifier)
    if (earlier === undefined) {
      seen.set(item.identifier, item.place)
      return true
    }
    const message = `The identifier ${quote(item.identifier)} is used twice in ${what}; the first is in line ${earlier.line}.`
    reader.report.error('PIPELINE_DUPLICATE', message, item.place, 'Rename one of them.')
    return false
  }
  for (const item of reader.list(node, `"steps" of ${what}`)?.items ?? []) {
    const single = parseSingle(reader, item, what)
    if (single === undefined) continue
    if (single.kind !== 'parallel') {
      const parsed = parseItem(reader, single.kind, single.value, single.place, what)
      if (parsed !== undefined && add(parsed)) nodes.push(parsed)
      continue
    }
    const members: Node[] = []
    for (const member of reader.list(single.value, `"parallel" in ${what}`)?.items ?? []) {
      const inner = parseSingle(reader, member, what)
      if (inner === undefined) continue
      if (inner.kind === 'parallel') {
        const message = `A "parallel" cannot be directly in another one (${what}).`
        reader.incomplete = true
        reader.report.error('PIPELINE_STRUCTURE', message, inner.place, 'Put its members into the outer one.')
        continue
      }
      const parsed = parseItem(reader, inner.kind, inner.value, inner.place, what)
      if (parsed !== undefined && add(parsed)) members.push(parsed)
    }
    if (isEmptyNode(single.value)) reader.report.error('PIPELINE_STRUCTURE', `A "parallel" in ${what} is empty.`, single.place)
    if (members.length > 0) nodes.push({ kind: 'parallel', nodes: members, place: single.place })
  }
  return nodes
}

/** One list item: a mapping with exactly one key that says what it is. */
function parseSingle(
  reader: YamlReader,
  item: YamlNode,
  what: string,
): { kind: string; value: YamlNode; place: Place } | undefined {
  const kinds = ['step', 'stepGroup', 'parallel']
  const map = reader.map(item, `An item of "steps" of ${what}`)
  const [entry, second] = map?.entries ?? []
  if (map === undefined) return undefined
  if (entry === undefined || second !== undefined) {
    reader.incomplete = true
    const hint = 'Begin each item with "- step:", "- stepGroup:" or "- parallel:", and indent its fields below.'
    reader.report.error('PIPELINE_STRUCTURE', `An item of "steps" of ${what} has to have exactly one key.`, map.place, hint)
    return undefined
  }
  if (kinds.includes(entry.key)) return { kind: entry.key, value: entry.value, place: entry.keyPlace }
  reader.incomplete = true
  const near = didYouMean(entry.key, kinds)
  const hint = near === undefined ? `There are ${kinds.join(', ')}.` : `Did you mean "${near}"?`
  reader.report.error('PIPELINE_UNKNOWN_FIELD', `${quote(entry.key)} in ${what} is no kind of step.`, entry.keyPlace, hint)
  return undefined
}

const parseStageItem: ItemParser<Step | StepGroup> = (reader, kind, value) =>
  kind === 'stepGroup' ? parseGroup(reader, value) : parseStep(reader, value)

const parseGroupItem: ItemParser<Step> = (reader, kind, value, place, what) => {
  if (kind === 'step') return parseStep(reader, value)
  reader.incomplete = true
  const hint = 'Put its steps into the outer group, or make it a group of the stage.'
  reader.report.error('PIPELINE_NOT_SUPPORTED_YET', `A step group inside a step group is not supported (${what}).`, place, hint)
  return undefined
}

function parseGroup(reader: YamlReader, node: YamlNode): StepGroup | undefined {
  const map = reader.map(node, 'A step group')
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.stepGroup, 'a step group')
  const identifier = reader.identifier(fields, 'A step group', map.place)
  const what = identifier === undefined ? 'the step group' : `step group ${quote(identifier)}`
  parseFailureStrategies(reader, fields.get('failureStrategies'), 'other', what)
  const infraNode = fields.get('stepGroupInfra')
  const infra = parseGroupInfra(reader, fields, what)
  const steps = fields.get('steps')
  const group = {
    kind: 'group' as const,
    name: reader.name(fields, identifier ?? '', what),
    when: parseWhen(reader, fields.get('when'), 'node', what),
    variables: parseVariables(reader, fields.get('variables'), what),
    delegateSelectors: reader.templates(fields.get('delegateSelectors'), `"delegateSelectors" of ${what}`),
    ...(infra === undefined ? {} : { infra }),
    nodes: parseNodes(reader, steps, what, parseGroupItem),
    place: fields.get('identifier')?.place ?? map.place,
  }
  // What an infra that could not be read would need is not known.
  if (infra !== undefined || infraNode === undefined || isEmptyNode(infraNode))
    checkImages(reader, group.nodes, infra !== undefined)
  if (steps === undefined || isEmptyNode(steps)) {
    reader.report.error('PIPELINE_MISSING_FIELD', `There are no steps in ${what}.`, steps?.place ?? map.place)
  }
  if (identifier !== undefined) return { ...group, identifier }
  reader.incomplete = true
  return undefined
}

/** A Run step in a pod needs an image; one in a process of the delegate has no use for it. */
function checkImages(reader: YamlReader, nodes: readonly StageNode[], inPod: boolean): void {
  for (const node of nodes) {
    if (node.kind === 'parallel') checkImages(reader, node.nodes, inPod)
    if (node.kind !== 'step' || node.spec.type !== 'Run') continue
    const { image, connectorRef, privileged, runAsUser } = node.spec
    const what = `step ${quote(node.identifier)}`
    if (inPod && image === undefined) {
      reader.report.error('PIPELINE_MISSING_FIELD', `Run (${what}) needs "image", because its group runs in a pod.`, node.place)
    }
    const idle = Object.entries({ image, connectorRef, privileged, runAsUser }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    )
    if (!inPod && idle.length > 0) {
      const message = `Run (${what}) names ${idle.map(quote).join(', ')}, but it runs as a process of its delegate.`
      const hint = 'Give its step group a stepGroupInfra of type KubernetesDirect, or remove that.'
      reader.report.error('PIPELINE_STRUCTURE', message, node.place, hint)
    }
  }
}
