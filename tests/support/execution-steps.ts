import type { ExecutionView, StepView } from '@sluice/contract'

/** All steps of an execution, in the order of its graph. */
export function stepsOf(execution: ExecutionView): readonly StepView[] {
  return execution.stages.flatMap((stage) =>
    stage.nodes
      .flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))
      .flatMap((group) => group.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node]))),
  )
}

/** The step of this identifier. Throws where there is none or more than one. */
export function stepOf(execution: ExecutionView, identifier: string): StepView {
  const found = stepsOf(execution).filter((step) => step.identifier === identifier)
  const [step] = found
  if (step === undefined || found.length > 1) {
    throw new Error(`${String(found.length)} steps are called "${identifier}": ${JSON.stringify(execution, null, 1)}`)
  }
  return step
}

/** Everything that an execution says of why it failed: its own, its groups' and its steps' failures, one a line. */
export function failuresOf(execution: ExecutionView): string {
  const groups = execution.stages.flatMap((stage) =>
    stage.nodes.flatMap((node) => (node.kind === 'parallel' ? node.nodes : [node])),
  )
  return [execution, ...groups, ...stepsOf(execution)]
    .flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
    .map(({ kind, code, message, hint }) => `${kind} ${code}: ${message} ${hint ?? ''}`)
    .join('\n')
}
