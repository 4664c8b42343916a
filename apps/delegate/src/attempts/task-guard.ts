import type { Diagnostic } from '@sluice/base'
import type { TaskSpec } from '@sluice/contract'

/** The values of a task's slots, or every reason why there are none. The caller zeroes the values. */
export type ResolvedSlots =
  | { readonly values: ReadonlyMap<string, Uint8Array>; readonly diagnostics: readonly Diagnostic[] }
  | { readonly values: undefined; readonly diagnostics: readonly Diagnostic[] }

/** What the customer's side says about work that the control plane sends: the policy file and the secrets. */
export interface TaskGuard {
  /** Reasons to decline an offer, by what an offer shows. */
  judgeOffer(offer: {
    readonly scope: { readonly org: string; readonly project: string }
    readonly infraType: string
  }): readonly Diagnostic[]
  /** Reasons to refuse an accepted task. All of them. */
  judgeTask(task: TaskSpec): readonly Diagnostic[]
  /** Opens every secret of a task that was not refused. No diagnostic has a value in it. */
  resolve(task: TaskSpec, signal: AbortSignal): Promise<ResolvedSlots>
}
