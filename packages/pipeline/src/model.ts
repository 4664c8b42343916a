/**
 * The model of a pipeline, as `parsePipeline` builds it from YAML. It is plain data. Every text that a user wrote is a `Template`,
 * so that expressions and secret references are found once, in what the user wrote, and never in what was substituted later.
 */

/** Anything JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Where something stands in its YAML text; both 1-based, columns in UTF-16 code units. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Text that is meant as it is. */
export interface TextPart {
  readonly kind: 'text'
  readonly text: string
}

/** `<+ expression >`: `expression` is the source between the brackets. */
export interface ExpressionPart {
  readonly kind: 'expression'
  readonly expression: string
  readonly place: Place
}

/** `<+secrets.getValue("ref")>`: opened by the delegate and by nothing before it. */
export interface SecretPart {
  readonly kind: 'secret'
  readonly ref: string
}

export type Part = TextPart | ExpressionPart | SecretPart

/** A text field as its user wrote it. The empty list is the empty text. */
export type Template = readonly Part[]

/** An output of type Secret of an earlier step: its value stays with the runner of that step's group. */
export interface SecretOutputPart {
  readonly kind: 'secretOutput'
  readonly stepRunId: string
  readonly name: string
}

/** A text field after evaluation: what a task may carry to a delegate. */
export type EvaluatedPart = TextPart | SecretPart | SecretOutputPart

/** A condition: one expression in which `<+ … >` may bracket any part. */
export interface Condition {
  readonly expression: string
  readonly place: Place
}

/** On which state of what went before (of its stage, or for stages of the pipeline) a node runs. */
export type WhenStatus = 'Success' | 'Failure' | 'All'

export interface When {
  readonly status: WhenStatus
  readonly condition?: Condition | undefined
}

export type VariableType = 'String' | 'Number' | 'Secret'

export interface Variable {
  readonly name: string
  readonly type: VariableType
  readonly description?: string | undefined
  /** Whether a run without a value for it is refused. */
  readonly required: boolean
  /** Whether a run may give a value: `<+input>`, or no value at all. */
  readonly input: boolean
  /** The only values that a run may give, from `<+input>.allowedValues(…)`. */
  readonly allowedValues?: readonly string[] | undefined
  /** Its value, or what it is when a run gives none. Of a Secret: one secret part. Missing when there is neither. */
  readonly value?: Template | undefined
  readonly place: Place
}

interface Quantities {
  readonly cpu?: string | undefined
  readonly memory?: string | undefined
}

/** What a step's container may use. Kubernetes quantities, as written. */
export interface StepResources {
  readonly limits: Quantities
  /** Of a whole group's containers only. */
  readonly requests?: Quantities | undefined
}

/** What every step that works on a database names. */
export interface DbStepSpec {
  readonly connectorRef?: Template | undefined
  readonly migrationType: 'Liquibase'
  readonly dbSchema: Template
  readonly dbInstance: Template
  readonly resources?: StepResources | undefined
}

export interface DbSchemaApplySpec extends DbStepSpec {
  readonly type: 'DBSchemaApply'
  readonly tag?: Template | undefined
}

/** Exactly one of `tag` and `changeSetCount` is there. */
export interface DbSchemaRollbackSpec extends DbStepSpec {
  readonly type: 'DBSchemaRollback'
  readonly tag?: Template | undefined
  readonly changeSetCount?: Template | undefined
}

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never'

export type StepShell = 'Sh' | 'Bash' | 'Python' | 'Pwsh' | 'Powershell'

/** A value that a script leaves behind: what is in the shell's variable `variable`, as the output `name`. */
export interface OutputVariable {
  readonly name: string
  readonly type: 'String' | 'Secret'
  readonly variable: string
}

/** A user's script. Secrets may stand in its command and its environment, and nowhere else. */
export interface RunSpec {
  readonly type: 'Run'
  readonly connectorRef?: Template | undefined
  readonly image?: Template | undefined
  readonly shell: StepShell
  readonly command: Template
  readonly envVariables: readonly { readonly name: string; readonly value: Template }[]
  readonly outputVariables: readonly OutputVariable[]
  readonly resources?: StepResources | undefined
  readonly imagePullPolicy?: PullPolicy | undefined
  readonly runAsUser?: number | undefined
  readonly privileged?: boolean | undefined
}

export type StepSpec = DbSchemaApplySpec | DbSchemaRollbackSpec | RunSpec

export type StepType = StepSpec['type']

export type DbStepType = Exclude<StepType, 'Run'>

/** What `containerSecurityContext` may say: the fields of Kubernetes' own. */
export interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean | undefined
  readonly privileged?: boolean | undefined
  readonly procMount?: string | undefined
  readonly readOnlyRootFilesystem?: boolean | undefined
  readonly runAsNonRoot?: boolean | undefined
  readonly runAsUser?: number | undefined
  readonly runAsGroup?: number | undefined
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] } | undefined
}

export interface Toleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

export type GroupVolume =
  | { readonly type: 'EmptyDir'; readonly mountPath: string; readonly medium?: '' | 'Memory'; readonly size?: string }
  | { readonly type: 'HostPath'; readonly mountPath: string; readonly path: string; readonly hostPathType?: string }
  | {
      readonly type: 'PersistentVolumeClaim'
      readonly mountPath: string
      readonly claimName: string
      readonly readOnly?: boolean
    }
  | { readonly type: 'ConfigMap'; readonly mountPath: string; readonly configMapName: string; readonly optional?: boolean }
  | { readonly type: 'Secret'; readonly mountPath: string; readonly secretName: string; readonly optional?: boolean }

/** What of `KubernetesDirect` holds no expressions. */
export interface KubernetesOptions {
  readonly automountServiceAccountToken?: boolean | undefined
  readonly tolerations?: readonly Toleration[] | undefined
  readonly containerSecurityContext?: SecurityContext | undefined
  readonly runAsUser?: number | undefined
  readonly os?: 'Linux' | undefined
  readonly resources?: StepResources | undefined
  readonly volumes?: readonly GroupVolume[] | undefined
  readonly hostNames?: readonly string[] | undefined
  readonly imagePullPolicy?: PullPolicy | undefined
  readonly sharedPaths?: readonly string[] | undefined
  /** `secrets: runtime` of the group: its values stay out of the cluster's storage, whatever account and project ask for. */
  readonly secretMode?: 'runtime' | undefined
  /** How long pod, images and containers may take until the runner runs. */
  readonly initTimeoutMs: number
}

/**
 * `podSpecOverlay`: a partial PodSpec whose values may hold expressions. `plain`: written without quotes, so that its value may be a number.
 * `yaml`: one expression, whose value is the YAML.
 */
export type OverlayTemplate =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'text'; readonly template: Template; readonly plain: boolean }
  | { readonly kind: 'list'; readonly items: readonly OverlayTemplate[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, value: OverlayTemplate])[] }
  | { readonly kind: 'yaml'; readonly template: Template }

/** `stepGroupInfra: {type: KubernetesDirect}`: the group runs in one pod. */
export interface GroupInfra {
  readonly type: 'KubernetesDirect'
  readonly connectorRef: Template
  readonly namespace?: Template | undefined
  readonly serviceAccountName?: Template | undefined
  readonly priorityClassName?: Template | undefined
  /** Connector of the runner's image, where no database step names one. */
  readonly imageConnectorRef?: Template | undefined
  readonly nodeSelector?: Readonly<Record<string, Template>> | undefined
  readonly labels?: Readonly<Record<string, Template>> | undefined
  readonly annotations?: Readonly<Record<string, Template>> | undefined
  readonly podSpecOverlay?: OverlayTemplate | undefined
  readonly options: KubernetesOptions
}

export interface Step {
  readonly kind: 'step'
  readonly identifier: string
  readonly name: string
  readonly when: When
  /** How long it may run, without the wait for its target. */
  readonly timeoutMs: number
  readonly delegateSelectors: readonly Template[]
  /** `failureStrategies` with the action `Ignore`: its failure does not fail what it is in. */
  readonly ignoreFailure: boolean
  readonly spec: StepSpec
  readonly place: Place
}

/** Nodes that run at the same time. */
export interface Parallel<Node> {
  readonly kind: 'parallel'
  readonly nodes: readonly Node[]
  readonly place: Place
}

/** Steps that one attempt (one pod, or one runner process) runs one after another. */
export interface StepGroup {
  readonly kind: 'group'
  readonly identifier: string
  readonly name: string
  readonly when: When
  readonly variables: readonly Variable[]
  readonly delegateSelectors: readonly Template[]
  /** Absent: a process of its delegate. */
  readonly infra?: GroupInfra | undefined
  readonly nodes: readonly (Step | Parallel<Step>)[]
  readonly place: Place
}

export type StageNode = Step | StepGroup | Parallel<Step | StepGroup>

export interface Stage {
  readonly identifier: string
  readonly name: string
  readonly type: 'Custom'
  readonly when: When
  readonly variables: readonly Variable[]
  readonly delegateSelectors: readonly Template[]
  readonly nodes: readonly StageNode[]
  readonly place: Place
}

export interface Pipeline {
  readonly identifier: string
  readonly name: string
  readonly description?: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly orgIdentifier?: string | undefined
  readonly projectIdentifier?: string | undefined
  readonly delegateSelectors: readonly Template[]
  readonly variables: readonly Variable[]
  readonly stages: readonly Stage[]
}
