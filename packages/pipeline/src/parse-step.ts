import { parseDuration } from './duration.ts'
import { fieldTables, laterStepTypes } from './fields.ts'
import type { DbStepSpec, Step, StepSpec, StepType, Template } from './model.ts'
import { parseFailureStrategies, parseWhen } from './parse-conditions.ts'
import { parseResources } from './parse-resources.ts'
import { parseRunSpec } from './parse-run.ts'
import { capitalize, quote } from './report.ts'
import { staticText } from './template.ts'
import type { YamlMap, YamlNode } from './yaml-node.ts'
import type { Fields, YamlReader } from './yaml-reader.ts'

/** How long a step may run that says nothing about it. */
const timeoutDefaultMs = 600_000

const stepTypes: readonly StepType[] = ['DBSchemaApply', 'DBSchemaRollback', 'Run']

/** What stands under `step:`. */
export function parseStep(reader: YamlReader, node: YamlNode): Step | undefined {
  const step = readStep(reader, node)
  if (step === undefined) reader.incomplete = true
  return step
}

function readStep(reader: YamlReader, node: YamlNode): Step | undefined {
  const map = reader.map(node, 'A step')
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.step, 'a step')
  const identifier = reader.identifier(fields, 'A step', map.place)
  const what = identifier === undefined ? 'the step' : `step ${quote(identifier)}`
  const typeNode = fields.get('type')
  if (typeNode === undefined) reader.report.error('PIPELINE_MISSING_FIELD', `${capitalize(what)} needs a type.`, map.place)
  const type = reader.choice(typeNode, `The type of ${what}`, stepTypes, laterStepTypes)
  const spec = type === undefined ? undefined : parseSpec(reader, fields.get('spec'), type, what, map)
  const step = {
    kind: 'step' as const,
    name: reader.name(fields, identifier ?? '', what),
    when: parseWhen(reader, fields.get('when'), 'node', what),
    timeoutMs: parseTimeout(reader, fields.get('timeout'), what),
    delegateSelectors: reader.templates(fields.get('delegateSelectors'), `"delegateSelectors" of ${what}`),
    ignoreFailure: parseFailureStrategies(reader, fields.get('failureStrategies'), 'step', what),
    place: fields.get('identifier')?.place ?? map.place,
  }
  return identifier === undefined || spec === undefined ? undefined : { ...step, identifier, spec }
}

function parseTimeout(reader: YamlReader, node: YamlNode | undefined, what: string): number {
  const text = reader.plainText(node, `The timeout of ${what}`)
  if (text === undefined || text === '' || node === undefined) return timeoutDefaultMs
  const timeoutMs = parseDuration(text)
  if (timeoutMs !== undefined) return timeoutMs
  const hint = 'Write for example 30s, 10m or 1h30m; the longest is 14d.'
  reader.report.error('PIPELINE_DURATION', `The timeout of ${what} cannot be ${quote(text)}.`, node.place, hint)
  return timeoutDefaultMs
}

function parseSpec(
  reader: YamlReader,
  node: YamlNode | undefined,
  type: StepType,
  what: string,
  step: YamlMap,
): StepSpec | undefined {
  const map = reader.map(node, `"spec" of ${what}`)
  if (map === undefined) {
    if (node === undefined) reader.report.error('PIPELINE_MISSING_FIELD', `${capitalize(what)} needs a spec.`, step.place)
    return undefined
  }
  if (type === 'Run') return parseRunSpec(reader, map, what)
  const table = type === 'DBSchemaApply' ? fieldTables.apply : fieldTables.rollback
  const fields = reader.fields(map, table, `${type} (${what})`)
  const common = parseCommon(reader, fields, what, map)
  const tag = nonEmpty(reader.template(fields.get('tag'), `"tag" of ${what}`))
  const withTag = tag === undefined ? {} : { tag }
  if (type === 'DBSchemaApply') return common === undefined ? undefined : { type, ...common, ...withTag }

  const count = parseCount(reader, fields.get('changeSetCount'), what)
  const given = ['tag', 'changeSetCount'].filter((name) => {
    const field = fields.get(name)
    return field !== undefined && !(field.kind === 'scalar' && field.text === '')
  })
  if (given.length !== 1) {
    const message =
      given.length === 0
        ? `${capitalize(what)} does not say what to roll back to.`
        : `${capitalize(what)} says two things about what to roll back to.`
    reader.report.error('PIPELINE_ROLLBACK_TARGET', message, map.place, 'Give exactly one of tag and changeSetCount.')
    return undefined
  }
  if (common === undefined) return undefined
  return { type, ...common, ...withTag, ...(count === undefined ? {} : { changeSetCount: count }) }
}

function parseCommon(reader: YamlReader, fields: Fields, what: string, map: YamlMap): DbStepSpec | undefined {
  const required = (name: 'dbSchema' | 'dbInstance'): Template | undefined => {
    const node = fields.get(name)
    const template = nonEmpty(reader.template(node, `"${name}" of ${what}`))
    const isEmpty = node === undefined || (node.kind === 'scalar' && node.text === '')
    if (isEmpty) reader.report.error('PIPELINE_MISSING_FIELD', `${capitalize(what)} needs "${name}".`, node?.place ?? map.place)
    return template
  }
  const dbSchema = required('dbSchema')
  const dbInstance = required('dbInstance')
  const migrationTypeNode = fields.get('migrationType')
  const migrationType =
    migrationTypeNode === undefined
      ? 'Liquibase'
      : reader.choice(migrationTypeNode, `The migrationType of ${what}`, ['Liquibase'] as const, ['Flyway'])
  const connectorRef = nonEmpty(reader.template(fields.get('connectorRef'), `"connectorRef" of ${what}`))
  const resources = parseResources(reader, fields.get('resources'), what)
  if (dbSchema === undefined || dbInstance === undefined || migrationType === undefined) return undefined
  return {
    migrationType,
    dbSchema,
    dbInstance,
    ...(connectorRef === undefined ? {} : { connectorRef }),
    ...(resources === undefined ? {} : { resources }),
  }
}

function parseCount(reader: YamlReader, node: YamlNode | undefined, what: string): Template | undefined {
  const template = nonEmpty(reader.template(node, `"changeSetCount" of ${what}`))
  const fixed = template === undefined ? undefined : staticText(template)
  if (fixed !== undefined && !isCount(fixed)) {
    const message = `"changeSetCount" of ${what} has to be a whole number of at least 1, not ${quote(fixed)}.`
    reader.report.error('PIPELINE_VALUE', message, node?.place)
    return undefined
  }
  return template
}

/** Whether a text is how many changesets a rollback may undo. */
export function isCount(text: string): boolean {
  return /^[1-9][0-9]{0,6}$/.test(text)
}

function nonEmpty(template: Template | undefined): Template | undefined {
  return template === undefined || template.length === 0 ? undefined : template
}
