import type { JsonValue } from './model.ts'

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** A parsed expression. Offsets count from the start of the text that was parsed. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'path'; readonly segments: readonly string[]; readonly offset: number }
  | { readonly kind: 'secret'; readonly ref: string; readonly offset: number }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'logic'; readonly operator: '&&' | '||'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'compare'; readonly operator: ComparisonOperator; readonly left: Expression; readonly right: Expression }

export interface ExpressionProblem {
  readonly code: string
  readonly message: string
  readonly offset: number
  readonly hint?: string
}

export type ExpressionResult =
  | { readonly ok: true; readonly expression: Expression; readonly end: number }
  | { readonly ok: false; readonly problem: ExpressionProblem }

/** What the name `segments` stands for, or why it stands for nothing. */
export type Lookup = (segments: readonly string[]) =>
  | { readonly ok: true; readonly value: JsonValue }
  | {
      readonly ok: false
      readonly message: string
      readonly hint?: string
      /** The secret that the name stands for: no value here, but a reference that may stand alone where secrets may. */
      readonly secretRef?: string
      /** The same for an output of type Secret, whose value only the runner of its step has. */
      readonly secretOutput?: { readonly stepRunId: string; readonly name: string }
    }

/** Every path in an expression. */
export function pathsOf(expression: Expression): Extract<Expression, { kind: 'path' }>[] {
  if (expression.kind === 'path') return [expression]
  if (expression.kind === 'not') return pathsOf(expression.operand)
  if (expression.kind === 'logic' || expression.kind === 'compare') {
    return [...pathsOf(expression.left), ...pathsOf(expression.right)]
  }
  return []
}

/** Every secret in an expression. */
export function secretsOf(expression: Expression): Extract<Expression, { kind: 'secret' }>[] {
  if (expression.kind === 'secret') return [expression]
  if (expression.kind === 'not') return secretsOf(expression.operand)
  if (expression.kind === 'logic' || expression.kind === 'compare') {
    return [...secretsOf(expression.left), ...secretsOf(expression.right)]
  }
  return []
}
