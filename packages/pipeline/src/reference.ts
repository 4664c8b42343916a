import { didYouMean } from '@sluice/base'
import { quote } from './report.ts'

/** A fact about the execution that is known from its start. */
export const pipelineFacts = [
  'identifier',
  'name',
  'executionId',
  'sequenceId',
  'startTs',
  'triggeredBy.name',
  'orgIdentifier',
  'projectIdentifier',
] as const
export type PipelineFact = (typeof pipelineFacts)[number]

/** What a name in an expression refers to. `stage` is missing where the reference is to the stage it stands in. */
export type Reference =
  | { readonly kind: 'pipelineFact'; readonly fact: PipelineFact }
  | { readonly kind: 'pipelineStatus' }
  | { readonly kind: 'pipelineVariable'; readonly name: string }
  | { readonly kind: 'stageFact'; readonly stage?: string; readonly fact: 'identifier' | 'name' }
  | { readonly kind: 'stageStatus'; readonly stage?: string }
  | { readonly kind: 'stageVariable'; readonly stage?: string; readonly name: string }
  | GroupVariableReference
  | { readonly kind: 'ownFact'; readonly of: 'step' | 'stepGroup'; readonly fact: 'identifier' | 'name' }
  | NodeReference
  | { readonly kind: 'trigger'; readonly keys: readonly string[] }

/** `group` is missing where the reference is to the step group it stands in. */
export interface GroupVariableReference {
  readonly kind: 'groupVariable'
  readonly stage?: string
  readonly group?: string
  readonly name: string
}

/** A group or step: `path` is one identifier for what stands directly in a stage, two for a step in a group. */
export interface NodeReference {
  readonly kind: 'nodeStatus' | 'output'
  readonly stage?: string
  readonly path: readonly string[]
  /** Of an output: its name and what is inside it. */
  readonly keys: readonly string[]
}

export type ReferenceResult =
  | { readonly ok: true; readonly reference: Reference }
  | { readonly ok: false; readonly message: string; readonly hint?: string }

const heads = ['pipeline', 'stage', 'stepGroup', 'step', 'execution', 'trigger', 'org', 'project']

/** What a path means by its shape alone; whether it exists is for the one who knows the pipeline or the execution. */
export function parseReference(segments: readonly string[]): ReferenceResult {
  const [head = '', ...rest] = segments
  switch (head) {
    case 'pipeline':
      return pipelineReference(segments, rest)
    case 'stage':
      return stageReference(segments, rest, undefined)
    case 'execution':
      return nodeReference(segments, rest, undefined)
    case 'step':
    case 'stepGroup': {
      const [fact, name] = rest
      if (head === 'stepGroup' && fact === 'variables') {
        if (name === undefined) return incomplete(segments, '<+stepGroup.variables.NAME>')
        return rest.length > 2 ? tooLong(segments, 2 + 1) : found({ kind: 'groupVariable', name })
      }
      if (rest.length === 1 && (fact === 'identifier' || fact === 'name')) return found({ kind: 'ownFact', of: head, fact })
      return unknown(segments, rest, head === 'step' ? ['identifier', 'name'] : ['identifier', 'name', 'variables'], head)
    }
    case 'trigger':
      return rest.length > 0 ? found({ kind: 'trigger', keys: rest }) : incomplete(segments, '<+trigger.branch>')
    case 'org':
    case 'project':
      if (rest.length === 1 && rest[0] === 'identifier') return found({ kind: 'pipelineFact', fact: `${head}Identifier` })
      return unknown(segments, rest, ['identifier'], head)
    default: {
      const near = didYouMean(head, heads)
      const message = `There is nothing called ${quote(head)} that an expression could refer to.`
      return { ok: false, message, hint: near === undefined ? `There are ${heads.join(', ')}.` : `Did you mean "${near}"?` }
    }
  }
}

function pipelineReference(segments: readonly string[], rest: readonly string[]): ReferenceResult {
  const [first = '', second] = rest
  if (first === 'variables') {
    if (second === undefined) return incomplete(segments, '<+pipeline.variables.NAME>')
    if (rest.length > 2) return tooLong(segments, 2 + 1)
    return found({ kind: 'pipelineVariable', name: second })
  }
  if (first === 'stages') {
    if (second === undefined) return incomplete(segments, '<+pipeline.stages.STAGE.status>')
    return stageReference(segments, rest.slice(2), second)
  }
  if (rest.length === 1 && (first === 'status' || first === 'currentStatus')) return found({ kind: 'pipelineStatus' })
  const fact = pipelineFacts.find((candidate) => candidate === rest.join('.'))
  if (fact !== undefined) return found({ kind: 'pipelineFact', fact })
  return unknown(segments, rest, [...pipelineFacts, 'status', 'variables', 'stages'], 'pipeline')
}

function stageReference(segments: readonly string[], rest: readonly string[], stage: string | undefined): ReferenceResult {
  const where = stage === undefined ? {} : { stage }
  const [first = '', second] = rest
  if (first === 'spec') {
    if (second === 'execution') return nodeReference(segments, rest.slice(2), stage)
    return unknown(segments, rest.slice(1), ['execution'], 'spec')
  }
  if (first === 'variables') {
    if (second === undefined) return incomplete(segments, '<+stage.variables.NAME>')
    if (rest.length > 2) return tooLong(segments, segments.length - rest.length + 2)
    return found({ kind: 'stageVariable', ...where, name: second })
  }
  if (rest.length === 1) {
    if (first === 'status' || first === 'currentStatus') return found({ kind: 'stageStatus', ...where })
    if (first === 'identifier' || first === 'name') return found({ kind: 'stageFact', ...where, fact: first })
  }
  return unknown(segments, rest, ['identifier', 'name', 'status', 'variables', 'spec'], stage ?? 'stage')
}

function nodeReference(segments: readonly string[], rest: readonly string[], stage: string | undefined): ReferenceResult {
  const where = stage === undefined ? {} : { stage }
  const path: string[] = []
  let position = 0
  while (rest[position] === 'steps') {
    const identifier = rest[position + 1]
    if (identifier === undefined) return incomplete(segments, '<+execution.steps.GROUP.steps.STEP.output.NAME>')
    path.push(identifier)
    position += 2
  }
  if (path.length === 0) return unknown(segments, rest, ['steps'], 'execution')
  if (path.length > 2) {
    return { ok: false, message: `<+${segments.join('.')}> names a step inside a step; steps are in at most one step group.` }
  }
  const tail = rest.slice(position)
  if (tail[0] === 'output') {
    if (tail.length === 1) return incomplete(segments, `<+${segments.join('.')}.preStartTag>`)
    return found({ kind: 'output', ...where, path, keys: tail.slice(1) })
  }
  const [group, inner] = path
  if (tail[0] === 'variables' && group !== undefined && inner === undefined) {
    const name = tail[1]
    if (name === undefined) return incomplete(segments, `<+${segments.join('.')}.NAME>`)
    if (tail.length > 2) return tooLong(segments, segments.length - tail.length + 2)
    return found({ kind: 'groupVariable', ...where, group, name })
  }
  if (tail.length === 1 && (tail[0] === 'status' || tail[0] === 'currentStatus')) {
    return found({ kind: 'nodeStatus', ...where, path, keys: [] })
  }
  return unknown(
    segments,
    tail,
    path.length === 1 ? ['output', 'status', 'steps', 'variables'] : ['output', 'status'],
    path.at(-1) ?? '',
  )
}

function found(reference: Reference): ReferenceResult {
  return { ok: true, reference }
}

function unknown(
  segments: readonly string[],
  rest: readonly string[],
  candidates: readonly string[],
  owner: string,
): ReferenceResult {
  if (rest.length === 0) return incomplete(segments, `<+${segments.join('.')}.${candidates[0] ?? ''}>`)
  const wanted = rest.join('.')
  const near = didYouMean(wanted, candidates) ?? didYouMean(rest[0] ?? '', candidates)
  return {
    ok: false,
    message: `${quote(owner)} has no ${quote(wanted)} that an expression could refer to.`,
    hint: near === undefined ? `There are ${candidates.join(', ')}.` : `Did you mean "${near}"?`,
  }
}

function incomplete(segments: readonly string[], example: string): ReferenceResult {
  return { ok: false, message: `${quote(segments.join('.'))} is not a whole reference.`, hint: `An example of one: ${example}.` }
}

function tooLong(segments: readonly string[], length: number): ReferenceResult {
  const whole = segments.slice(0, length).join('.')
  return { ok: false, message: `${quote(whole)} is a plain value; nothing is inside it.`, hint: `Write <+${whole}>.` }
}
