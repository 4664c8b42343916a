/**
 * The model of a pipeline, as `parsePipeline` builds it from YAML. It is plain data. Every text that a user wrote is a `Template`,
 * so that expressions and secret references are found once, in what the user wrote, and never in what was substituted later.
 */

/** Anything JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

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

/** A text field after evaluation: what a task may carry to a delegate. */
export type EvaluatedPart = TextPart | SecretPart

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

/** What a step's container may use. Kubernetes quantities, as written. */
export interface StepResources {
  readonly limits: { readonly cpu?: string | undefined; readonly memory?: string | undefined }
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

export type StepSpec = DbSchemaApplySpec | DbSchemaRollbackSpec

export type StepType = StepSpec['type']

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
  readonly delegateSelectors: readonly Template[]
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
