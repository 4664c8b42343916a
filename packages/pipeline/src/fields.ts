/**
 * What becomes of a field of pipeline YAML:
 * `works`; `harmless` (accepted, and a note says that it has no effect); `later` (known, and an error says that it is not there yet;
 * left empty it is accepted). A field in no table is unknown: an error, with the nearest name.
 */
export type FieldClass = 'works' | 'harmless' | 'later'

export type FieldTable = Readonly<Record<string, FieldClass>>

function table(works: string, harmless: string, later: string): FieldTable {
  const names = (list: string, kind: FieldClass): [string, FieldClass][] =>
    list
      .split(' ')
      .filter((name) => name !== '')
      .map((name) => [name, kind])
  return Object.fromEntries([...names(works, 'works'), ...names(harmless, 'harmless'), ...names(later, 'later')])
}

/** Fields by where they stand. The dialect is Harness's; what works is the first list. */
export const fieldTables = {
  pipeline: table(
    'identifier name description tags orgIdentifier projectIdentifier delegateSelectors variables stages',
    'notificationRules allowStageExecutions fixedInputsOnRerun',
    'template properties flowControl timeout delegateInfra resourceConstraints',
  ),
  stage: table(
    'identifier name type when variables delegateSelectors spec failureStrategies',
    'description tags',
    'template strategy timeout skipCondition skipInstances environment',
  ),
  stageSpec: table(
    'execution',
    '',
    'environment platform infrastructure services serviceConfig sharedPaths caching cloneCodebase',
  ),
  execution: table('steps', '', 'rollbackSteps serviceDependencies'),
  stepGroup: table(
    'identifier name when variables delegateSelectors steps failureStrategies stepGroupInfra sharedPaths secrets',
    'description tags',
    'template strategy addOns skipCondition policySets',
  ),
  step: table(
    'identifier name type spec timeout when delegateSelectors failureStrategies',
    'description tags',
    'template strategy enforce policySets skipCondition',
  ),
  variable: table('name type value default required description', 'tags', ''),
  when: table('stageStatus pipelineStatus condition', '', ''),
  apply: table(
    'connectorRef migrationType dbSchema dbInstance tag resources',
    '',
    'changeSetFailureStrategy markNextChangeSetRun tagDatabaseChangeSet settings image imagePullPolicy runAsUser privileged envVariables delegateSelectors',
  ),
  rollback: table(
    'connectorRef migrationType dbSchema dbInstance tag changeSetCount resources',
    '',
    'version targetVersion changeSet settings image imagePullPolicy runAsUser privileged envVariables delegateSelectors',
  ),
  resources: table('limits', '', 'requests'),
  limits: table('cpu memory', '', ''),
  groupInfra: table('type spec', '', ''),
  run: table(
    'connectorRef image shell command envVariables outputVariables resources imagePullPolicy runAsUser privileged',
    '',
    'reports baseImageConnectorRefs alias outputAlias settings delegateSelectors',
  ),
  outputVariable: table('name type value', '', ''),
  kubernetesInfra: table(
    'connectorRef namespace serviceAccountName automountServiceAccountToken initTimeout nodeSelector tolerations labels annotations priorityClassName containerSecurityContext runAsUser runAsNonRoot os resources volumes harnessImageConnectorRef hostNames imagePullPolicy podSpecOverlay',
    '',
    '',
  ),
  groupResources: table('limits requests', '', ''),
  toleration: table('key operator value effect tolerationSeconds', '', ''),
  volume: table('mountPath type spec', '', ''),
  emptyDir: table('medium size', '', ''),
  hostPath: table('path type', '', ''),
  claim: table('claimName readOnly', '', ''),
  configMap: table('configMapName name optional', '', ''),
  secretVolume: table('secretName name optional', '', ''),
  securityContext: table(
    'allowPrivilegeEscalation privileged procMount readOnlyRootFilesystem runAsNonRoot runAsUser runAsGroup capabilities',
    '',
    '',
  ),
  capabilities: table('add drop', '', ''),
  failureStrategy: table('onFailure', '', ''),
  onFailure: table('errors action', '', ''),
  action: table('type', '', 'spec'),
} as const satisfies Record<string, FieldTable>

/** Step types that the dialect knows and this version does not run. */
export const laterStepTypes: readonly string[] = [
  'DBSchemaUpdateSQL',
  'DBSchemaRollbackSQL',
  'LiquibaseCommand',
  'FlywayCommand',
  'DBTestAndPreview',
  'DBCommand',
  'GitClone',
  'HarnessApproval',
  'JiraApproval',
  'ServiceNowApproval',
  'CustomApproval',
  'JiraCreate',
  'JiraUpdate',
  'ServiceNowCreate',
  'ServiceNowUpdate',
  'ShellScript',
  'Http',
  'Plugin',
  'Background',
  'Email',
  'Barrier',
  'Wait',
  'Queue',
  'Policy',
  'Agent',
  'Action',
  'Container',
]

export const laterStageTypes: readonly string[] = [
  'Approval',
  'CI',
  'Deployment',
  'FeatureFlag',
  'SecurityTests',
  'Pipeline',
  'IACM',
]

export const laterGroupInfraTypes: readonly string[] = ['ECSDirect', 'VM', 'Docker', 'Cloud']

/** Failure actions that the dialect knows; `Ignore` (on steps) and `MarkAsFailure` work. */
export const laterFailureActions: readonly string[] = [
  'Abort',
  'Retry',
  'MarkAsSuccess',
  'ManualIntervention',
  'StageRollback',
  'StepGroupRollback',
  'PipelineRollback',
  'ProceedWithDefaultValues',
  'RetryStepGroup',
  'MarkFailedChangeSetRan',
]

export const failureErrors: readonly string[] = [
  'AllErrors',
  'Unknown',
  'Timeout',
  'Authentication',
  'Authorization',
  'Connectivity',
  'DelegateProvisioning',
  'DelegateRestart',
  'Verification',
  'PolicyEvaluationFailure',
  'ApprovalRejection',
  'InputTimeoutError',
  'UserMarkedFailure',
]
