import type {
  Condition,
  GroupInfra,
  OverlayTemplate,
  Parallel,
  Pipeline,
  RunSpec,
  Stage,
  StageNode,
  Step,
  StepGroup,
  Template,
  Variable,
} from './model.ts'

/** Where a node stands in its pipeline, by indexes; `member` and `innerMember` inside a `parallel`. */
export interface Position {
  readonly stage: number
  readonly node?: number
  readonly member?: number
  readonly inner?: number
  readonly innerMember?: number
}

/**
 * When a text is evaluated: pipeline variables at the start, variables of stages and groups and conditions when reached, targets when the group is
 * placed (so before any of its steps ran), other fields when the step is offered.
 */
export type SiteRole =
  | 'pipelineVariable'
  | 'stageVariable'
  | 'groupVariable'
  | 'pipelineSelector'
  | 'condition'
  | 'target'
  | 'field'

/** One text with expressions, and where it stands. */
export interface TemplateSite {
  readonly role: SiteRole
  /** For messages. */
  readonly what: string
  readonly position?: Position
  readonly inGroup: boolean
  readonly inStep: boolean
  readonly template?: Template
  /** Whether a variable of type Secret may stand here, alone in its brackets. */
  readonly secrets?: true | undefined
  readonly condition?: Condition
  /** The variable whose value this is: its key among all of the pipeline's, as `variableKey` writes it. */
  readonly variable?: string
}

/** One name for each variable of a pipeline: `name`, `stage.name` or `stage.group.name`, which are also the names of inputs. */
export function variableKey(name: string, stage?: string, group?: string): string {
  return [stage, group, name].filter((part) => part !== undefined).join('.')
}

/** Every text with expressions of a pipeline. */
export function* templateSites(pipeline: Pipeline): Generator<TemplateSite> {
  const outside = { inGroup: false, inStep: false }
  yield* variableSites(pipeline.variables, { role: 'pipelineVariable', ...outside })
  for (const template of pipeline.delegateSelectors) {
    yield { role: 'pipelineSelector', what: '"delegateSelectors" of the pipeline', ...outside, template }
  }
  for (const [index, stage] of pipeline.stages.entries()) yield* stageSites(stage, { stage: index })
}

function* variableSites(
  variables: readonly Variable[],
  site: Omit<TemplateSite, 'what'>,
  stage?: string,
  group?: string,
): Generator<TemplateSite> {
  for (const { name, value } of variables) {
    if (value === undefined) continue
    yield { ...site, what: `The variable "${name}"`, template: value, variable: variableKey(name, stage, group) }
  }
}

function* stageSites(stage: Stage, position: Position): Generator<TemplateSite> {
  const site = { what: `stage "${stage.identifier}"`, position, inGroup: false, inStep: false }
  yield* variableSites(stage.variables, { ...site, role: 'stageVariable' }, stage.identifier)
  if (stage.when.condition !== undefined) {
    yield { ...site, role: 'condition', what: `The condition of ${site.what}`, condition: stage.when.condition }
  }
  // A stage's selectors are evaluated with each group, but mean the same for all of them.
  for (const template of stage.delegateSelectors) {
    yield { ...site, role: 'stageVariable', what: `"delegateSelectors" of ${site.what}`, template }
  }
  for (const [index, node] of stage.nodes.entries()) yield* nodeSites(node, { ...position, node: index }, stage.identifier)
}

function* nodeSites(node: StageNode | Parallel<Step | StepGroup>, position: Position, stage: string): Generator<TemplateSite> {
  if (node.kind === 'parallel') {
    for (const [member, inner] of node.nodes.entries()) yield* nodeSites(inner, { ...position, member }, stage)
  } else if (node.kind === 'step') yield* stepSites(node, position, false)
  else yield* groupSites(node, position, stage)
}

function* groupSites(group: StepGroup, position: Position, stage: string): Generator<TemplateSite> {
  const site = { what: `step group "${group.identifier}"`, position, inGroup: true, inStep: false }
  yield* variableSites(group.variables, { ...site, role: 'groupVariable' }, stage, group.identifier)
  if (group.when.condition !== undefined) {
    yield { ...site, role: 'condition', what: `The condition of ${site.what}`, condition: group.when.condition }
  }
  for (const template of group.delegateSelectors) {
    yield { ...site, role: 'target', what: `"delegateSelectors" of ${site.what}`, template }
  }
  for (const [name, template] of infraTemplates(group.infra)) {
    yield { ...site, role: 'target', what: `"${name}" of ${site.what}`, template }
  }
  for (const [inner, node] of group.nodes.entries()) {
    if (node.kind === 'step') yield* stepSites(node, { ...position, inner }, true)
    else for (const [innerMember, step] of node.nodes.entries()) yield* stepSites(step, { ...position, inner, innerMember }, true)
  }
}

function* stepSites(step: Step, position: Position, inGroup: boolean): Generator<TemplateSite> {
  const site = { position, inGroup, inStep: true }
  const what = `step "${step.identifier}"`
  if (step.when.condition !== undefined) {
    yield { ...site, role: 'condition', what: `The condition of ${what}`, condition: step.when.condition }
  }
  for (const template of step.delegateSelectors) {
    yield { ...site, role: 'target', what: `"delegateSelectors" of ${what}`, template }
  }
  if (step.spec.type === 'Run') {
    yield* runSites(step.spec, site, what)
    return
  }
  for (const name of ['connectorRef', 'dbSchema', 'dbInstance'] as const) {
    const template = step.spec[name]
    if (template !== undefined) yield { ...site, role: 'target', what: `"${name}" of ${what}`, template }
  }
  if (step.spec.tag !== undefined) yield { ...site, role: 'field', what: `"tag" of ${what}`, template: step.spec.tag }
  if (step.spec.type === 'DBSchemaRollback' && step.spec.changeSetCount !== undefined) {
    yield { ...site, role: 'field', what: `"changeSetCount" of ${what}`, template: step.spec.changeSetCount }
  }
}

function* runSites(
  spec: RunSpec,
  site: Pick<TemplateSite, 'position' | 'inGroup' | 'inStep'>,
  what: string,
): Generator<TemplateSite> {
  for (const name of ['connectorRef', 'image'] as const) {
    const template = spec[name]
    if (template !== undefined) yield { ...site, role: 'target', what: `"${name}" of ${what}`, template }
  }
  yield { ...site, role: 'field', what: `"command" of ${what}`, template: spec.command, secrets: true }
  for (const { name, value } of spec.envVariables) {
    yield { ...site, role: 'field', what: `"${name}" of ${what}`, template: value, secrets: true }
  }
}

function infraTemplates(infra: GroupInfra | undefined): [string, Template][] {
  if (infra === undefined) return []
  const { connectorRef, namespace, serviceAccountName, priorityClassName, imageConnectorRef, nodeSelector, labels, annotations } =
    infra
  const single = { connectorRef, namespace, serviceAccountName, priorityClassName, harnessImageConnectorRef: imageConnectorRef }
  const texts = [...Object.entries(single), ...Object.entries({ ...nodeSelector, ...labels, ...annotations })]
  return [
    ...texts.flatMap(([name, template]): [string, Template][] => (template === undefined ? [] : [[name, template]])),
    ...overlayTemplates(infra.podSpecOverlay).map((template): [string, Template] => ['podSpecOverlay', template]),
  ]
}

function overlayTemplates(overlay: OverlayTemplate | undefined): Template[] {
  switch (overlay?.kind) {
    case 'text':
    case 'yaml':
      return [overlay.template]
    case 'list':
      return overlay.items.flatMap(overlayTemplates)
    case 'map':
      return overlay.entries.flatMap(([, value]) => overlayTemplates(value))
    case 'value':
    case undefined:
      return []
  }
}
