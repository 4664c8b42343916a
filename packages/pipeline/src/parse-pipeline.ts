import { didYouMean } from '@sluice/base'
import type { Diagnostic } from '@sluice/base'
import { checkReferences } from './check-references.ts'
import { fieldTables } from './fields.ts'
import type { Pipeline, Place, Stage } from './model.ts'
import { parseStage } from './parse-stage.ts'
import { parseVariables } from './parse-variables.ts'
import { parseYaml } from './parse-yaml.ts'
import { quote, Report } from './report.ts'
import { isEmptyNode } from './yaml-node.ts'
import type { YamlNode } from './yaml-node.ts'
import { identifierPattern, YamlReader } from './yaml-reader.ts'

export interface PipelineResult {
  /** There when there is no error. */
  readonly pipeline?: Pipeline
  readonly diagnostics: readonly Diagnostic[]
}

/** Steps of one pipeline: its state is stored and cloned as a whole at every event. */
const stepsMax = 1000

/**
 * Parses the YAML of one pipeline (`pipeline:` at the top). Never throws for input: everything wrong with it comes back as
 * diagnostics, in order of line.
 */
export function parsePipeline(text: string, options: { readonly file?: string | undefined } = {}): PipelineResult {
  const report = new Report(options.file)
  const documents = parseYaml(text, report)
  const [document, second] = documents
  if (second !== undefined) {
    report.error('PIPELINE_STRUCTURE', 'A pipeline is one YAML document, but there are several.', second.root.place)
  } else if (document === undefined) {
    if (report.errors === 0)
      report.error('PIPELINE_STRUCTURE', 'There is nothing in the text.', { line: 1, column: 1 }, 'Begin with "pipeline:".')
  } else {
    const reader = new YamlReader(report)
    const pipeline = parseRoot(reader, document.root)
    if (pipeline !== undefined) checkReferences(pipeline, report, reader.incomplete)
    if (pipeline !== undefined && report.errors === 0) return { pipeline, diagnostics: report.diagnostics() }
  }
  return { diagnostics: report.diagnostics() }
}

function parseRoot(reader: YamlReader, root: YamlNode): Pipeline | undefined {
  const top = reader.map(root, 'The text')
  if (top === undefined) return undefined
  let body: YamlNode | undefined
  for (const { key, keyPlace, value } of top.entries) {
    if (key === 'pipeline') body = value
    else {
      const hint = didYouMean(key, ['pipeline']) === undefined ? 'Put everything under "pipeline:".' : 'Did you mean "pipeline"?'
      reader.report.error('PIPELINE_UNKNOWN_FIELD', `${quote(key)} cannot stand beside "pipeline".`, keyPlace, hint)
    }
  }
  if (body === undefined) {
    if (reader.report.errors === 0) reader.report.error('PIPELINE_MISSING_FIELD', 'There is no "pipeline" at the top.', top.place)
    return undefined
  }
  const map = reader.map(body, '"pipeline"')
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.pipeline, 'a pipeline')
  const identifier = reader.identifier(fields, 'The pipeline', map.place)
  const scope = (name: 'orgIdentifier' | 'projectIdentifier'): Partial<Record<typeof name, string>> => {
    const text = reader.plainText(fields.get(name), `"${name}"`)
    if (text === undefined || text === '') return {}
    if (!identifierPattern.test(text)) {
      reader.report.error('PIPELINE_IDENTIFIER', `"${name}" cannot be ${quote(text)}.`, fields.get(name)?.place)
    }
    return { [name]: text }
  }
  const description = reader.text(fields.get('description'), 'The description of the pipeline')?.text
  const pipeline = {
    name: reader.name(fields, identifier ?? '', 'the pipeline'),
    ...(description === undefined ? {} : { description }),
    tags: parseTags(reader, fields.get('tags')),
    ...scope('orgIdentifier'),
    ...scope('projectIdentifier'),
    delegateSelectors: reader.templates(fields.get('delegateSelectors'), '"delegateSelectors" of the pipeline'),
    variables: parseVariables(reader, fields.get('variables'), 'the pipeline'),
    stages: parseStages(reader, fields.get('stages'), map.place),
  }
  return identifier === undefined ? undefined : { identifier, ...pipeline }
}

function parseTags(reader: YamlReader, node: YamlNode | undefined): Record<string, string> {
  const map = node === undefined || isEmptyNode(node) ? undefined : reader.map(node, '"tags" of the pipeline')
  const tags = (map?.entries ?? []).map(({ key, value }): [string, string] => [
    key,
    reader.text(value, `The tag ${quote(key)}`)?.text ?? '',
  ])
  return Object.fromEntries(tags)
}

function parseStages(reader: YamlReader, node: YamlNode | undefined, owner: Place): Stage[] {
  const stages: Stage[] = []
  const seen = new Map<string, Place>()
  const items = reader.list(node, '"stages"')?.items ?? []
  if (items.length === 0 && (node === undefined || isEmptyNode(node))) {
    reader.report.error(
      'PIPELINE_MISSING_FIELD',
      'The pipeline has no stages.',
      node?.place ?? owner,
      'Add "stages:" with at least one.',
    )
  }
  for (const item of items) {
    const map = reader.map(item, 'An item of "stages"')
    const [entry, second] = map?.entries ?? []
    if (map === undefined) continue
    if (entry?.key !== 'stage' || second !== undefined) reader.incomplete = true
    if (entry === undefined || second !== undefined) {
      const hint = 'Begin each item with "- stage:", and indent its fields below.'
      reader.report.error('PIPELINE_STRUCTURE', 'An item of "stages" has to have exactly one key.', map.place, hint)
      continue
    }
    if (entry.key === 'parallel') {
      const hint = 'Stages run one after another; steps and step groups can run in parallel.'
      reader.report.error('PIPELINE_NOT_SUPPORTED_YET', 'Parallel stages are known but not supported yet.', entry.keyPlace, hint)
      continue
    }
    if (entry.key !== 'stage') {
      const near = didYouMean(entry.key, ['stage'])
      const hint = near === undefined ? 'Begin each item with "- stage:".' : `Did you mean "${near}"?`
      reader.report.error('PIPELINE_UNKNOWN_FIELD', `${quote(entry.key)} in "stages" is not known.`, entry.keyPlace, hint)
      continue
    }
    const stage = parseStage(reader, entry.value)
    if (stage === undefined) continue
    const earlier = seen.get(stage.identifier)
    if (earlier !== undefined) {
      const message = `The identifier ${quote(stage.identifier)} is used by two stages; the first is in line ${earlier.line}.`
      reader.report.error('PIPELINE_DUPLICATE', message, stage.place, 'Rename one of them.')
      continue
    }
    seen.set(stage.identifier, stage.place)
    stages.push(stage)
  }
  const steps = stages.reduce((sum, stage) => sum + countSteps(stage.nodes), 0)
  if (steps > stepsMax) {
    const message = `The pipeline has ${steps} steps; at most ${stepsMax} are possible.`
    reader.report.error('PIPELINE_TOO_LARGE', message, node?.place, 'Split it into several pipelines.')
  }
  return stages
}

function countSteps(nodes: readonly { kind: string; nodes?: readonly unknown[] }[]): number {
  return nodes.reduce(
    (sum, node) => sum + (node.kind === 'step' ? 1 : countSteps((node.nodes ?? []) as Parameters<typeof countSteps>[0])),
    0,
  )
}
