import './issue-messages.ts'
export { endpoint } from './endpoint.ts'
export type { Endpoint, EndpointAccess } from './endpoint.ts'
export { errorBody, issueView, statusOfKind } from './error-body.ts'
export type { ErrorBody, IssueView } from './error-body.ts'
export { delegateTag, entityRef, entityTags, identifier, scope, timestamp } from './identifiers.ts'
export type { Scope } from './identifiers.ts'
export { pageOf, pageQuery } from './paging.ts'
export {
  connector,
  dockerRegistryConnectorSpec,
  gitConnectorSpec,
  jdbcConnectorSpec,
  kubernetesConnectorSpec,
} from './entities/connector.ts'
export type { Connector, DockerRegistryConnectorSpec, GitConnectorSpec, JdbcConnectorSpec } from './entities/connector.ts'
export { dbInstance, dbSchema } from './entities/db-schema.ts'
export type { DbInstance, DbSchema } from './entities/db-schema.ts'
export { entityKinds, entityMeta, entityView } from './entities/kinds.ts'
export type { EntityKind, EntityView } from './entities/kinds.ts'
export { readEntityDocuments } from './entities/documents.ts'
export type { EntityDocument } from './entities/documents.ts'
export { organization, project } from './entities/organization.ts'
export { pipelineEntity } from './entities/pipeline.ts'
export type { PipelineEntity } from './entities/pipeline.ts'
export { sealedValueInput, secret, secretSource } from './entities/secret.ts'
export type { SealedValueInput, Secret, SecretSource } from './entities/secret.ts'
export { allEndpoints, publicEndpoints } from './api/endpoints.ts'
export { entityBatchEndpoint, entityEndpoints, recipientView, secretEndpoints } from './api/entities.ts'
export type { EntityEndpoints } from './api/entities.ts'
export {
  changesetView,
  executionEndpoints,
  executionState,
  executionSummary,
  executionView,
  failureView,
  groupView,
  inspectionView,
  kubernetesEventView,
  nodeState,
  runInput,
  selectionTrace,
  stageView,
  stepView,
} from './api/executions.ts'
export type { ExecutionSummary, ExecutionView, KubernetesEventView, NodeState, StepView } from './api/executions.ts'
export {
  accountSettings,
  apiKeyInput,
  apiKeyView,
  delegateView,
  enrolmentTokenInput,
  enrolmentTokenView,
  operationEndpoints,
  role,
  targetView,
} from './api/operations.ts'
export type { DelegateView } from './api/operations.ts'
export { protocolVersions } from './protocol/version.ts'
export { attemptEndpoints } from './protocol/attempt-endpoints.ts'
export { protocolEndpoints } from './protocol/endpoints.ts'
export {
  databaseBinding,
  databaseTaskStep,
  gitSource,
  registryCredential,
  runTaskStep,
  secretSlot,
  slotValue,
  stepAudience,
  stepShell,
  taskSpec,
  taskStep,
} from './protocol/task-spec.ts'
export type {
  DatabaseBinding,
  DatabaseTaskStep,
  GitSource,
  RegistryCredential,
  RunTaskStep,
  SecretSlot,
  SlotValue,
  StepShell,
  TaskSpec,
  TaskStep,
} from './protocol/task-spec.ts'
export { infra, kubernetesInfra, podVolume, quantity, stepContainer } from './protocol/infra.ts'
export type {
  ContainerResources,
  ContainerSecurityContext,
  Infra,
  KubernetesInfra,
  PodVolume,
  PullPolicy,
  StepContainer,
  Toleration,
} from './protocol/infra.ts'
export { podLayout, podRunnerEnvironment, podSecretEnvironment, stepContainerCommand } from './protocol/pod-layout.ts'
export { relayEndpoints, runtimeSecretsPurpose, ticketText } from './protocol/relay.ts'
export {
  delegateCommand,
  enrollRequest,
  heartbeatReply,
  heartbeatRequest,
  pollReply,
  pollRequest,
  proofText,
} from './protocol/delegate.ts'
export type { DelegateCommand, EnrollRequest } from './protocol/delegate.ts'
export {
  attemptEvent,
  cancelOrder,
  eventsRequest,
  kubernetesEvent,
  nextReply,
  permitReply,
  permitRequest,
  secretOutputSlot,
  stepOrder,
} from './protocol/runner.ts'
export type { AttemptEvent, KubernetesEvent, ReportedFailure, StepOrder } from './protocol/runner.ts'
export { createOpenApi } from './openapi.ts'
export type { OpenApiDocument, OpenApiOperation, OpenApiOptions, OpenApiParameter } from './openapi.ts'
