export type * from './model.ts'
export type * from './execution-state.ts'
export type * from './events.ts'
export { runnerStoppedCode } from './events.ts'
export type * from './effects.ts'
export type * from './execution-tree.ts'
export { parsePipeline } from './parse-pipeline.ts'
export type { PipelineResult } from './parse-pipeline.ts'
export { entityKinds, parseEntityDocuments } from './entity-documents.ts'
export type { EntityDocument, EntityDocumentsResult, EntityKind } from './entity-documents.ts'
export { listInputs } from './bind-inputs.ts'
export type { InputDefinition } from './bind-inputs.ts'
export { compileExecution } from './compile-execution.ts'
export type { CompileExecutionRequest, CompileExecutionResult, ExecutionFacts } from './compile-execution.ts'
export { advance } from './advance/advance.ts'
export type { AdvanceResult } from './advance/advance.ts'
export { describeExecution } from './describe-execution.ts'
export {
  findGroup,
  findStep,
  groupsOf,
  isExecutionOver,
  isGroupOver,
  isPermitAllowed,
  isStageOver,
  isStepOver,
  stepsOf,
} from './state-queries.ts'
export type { GroupPlace, StepPlace } from './state-queries.ts'
export { identifierPattern } from './yaml-reader.ts'
export { secretRefPattern } from './parse-expression.ts'
export { checkPodOverlay, overlayDepthMax, overlayField, overlayLengthMax } from './pod-overlay/check-pod-overlay.ts'
export type { OverlayProblem } from './pod-overlay/check-pod-overlay.ts'
export { podOverlayShape, shapeOf } from './pod-overlay/overlay-shape.ts'
export type { OverlayList, OverlayMap, OverlayShape } from './pod-overlay/overlay-shape.ts'
export { formatDuration, parseDuration } from './duration.ts'
