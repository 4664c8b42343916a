import type { SecretScope } from '@sluice/sealing'
import { formatScope } from '@sluice/sealing'

/** Where a value lives. */
export type SecretSource =
  /** A record of `@sluice/sealing`, which came with the task. */
  | { readonly kind: 'sealed'; readonly record: unknown }
  /** A variable of the delegate's environment. */
  | { readonly kind: 'env'; readonly variable: string }
  /** A file under the folder that the policy names, as a relative path with `/`. */
  | { readonly kind: 'file'; readonly path: string }

export type SecretUse = 'databaseUser' | 'databasePassword' | 'gitUser' | 'gitPassword' | 'gitSshKey' | 'registry' | 'step'

/** A secret that a task needs, as the control plane sends it: everything but the value. */
export interface SecretReference {
  /** Where the value goes; unique within the task. */
  readonly slot: string
  readonly secretId: string
  /** Where the secret is defined; it may be used there and below. */
  readonly scope: SecretScope
  readonly version: number
  readonly type: 'SecretText' | 'SecretFile'
  readonly source: SecretSource
  readonly use: SecretUse
  /**
   * What the value will be presented to: a canonical target key or a Git URL. The caller must have derived it from the connection that will
   * really be made, not from a text beside it: sealed secrets are released by it.
   */
  readonly audience: string
  /** Whether one newline at the end of a file is dropped. Default: for `SecretText`, unless it is an SSH key. */
  readonly trimTrailingNewline?: boolean | undefined
}

/** The project on whose behalf a task runs. */
export interface TaskScope {
  readonly org: string
  readonly project: string
}

/** `secret "db_password" of project "default/shop"`, for messages. */
export function formatReference(reference: SecretReference): string {
  return `secret "${reference.secretId}" of ${formatScope(reference.scope)}`
}

/** Whether a secret of this scope may be used by a task of that project: the account's by all, an org's by its projects. */
export function coversTask(scope: SecretScope, task: TaskScope): boolean {
  if (scope.org === undefined) return scope.project === undefined
  return scope.org === task.org && (scope.project === undefined || scope.project === task.project)
}

/** Names that `env:` never yields: the delegate's own settings and tokens. */
export function isOwnVariable(name: string): boolean {
  return /^sluice_/i.test(name)
}
