import { type ExecutionState, groupsOf, type StepState, stepsOf } from '@sluice/pipeline'

/** How many steps of an execution are in which state: for lists, which do not read the whole state. */
export function countSteps(state: ExecutionState): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const step of state.stages.flatMap(groupsOf).flatMap(stepsOf)) counts[step.status] = (counts[step.status] ?? 0) + 1
  return counts
}

/** The DB instances that its steps are known to work on so far. */
export function listDbInstances(state: ExecutionState): string[] {
  const steps = state.stages.flatMap(groupsOf).flatMap(stepsOf)
  return [...new Set(steps.flatMap(dbInstanceOf))].toSorted()
}

function dbInstanceOf({ target, spec }: StepState): readonly string[] {
  if (spec.type === 'Run') return []
  const found = target === undefined || target.type === 'Run' ? literal(spec.dbInstance) : target.dbInstance
  return found === undefined ? [] : [found]
}

/** A field without expressions is known before its group is placed. */
function literal(template: ExecutionState['stages'][number]['definitions'][number]['value']): string | undefined {
  if (template === undefined || template.some((part) => part.kind !== 'text')) return undefined
  return template.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}
