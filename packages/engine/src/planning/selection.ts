import type { Diagnostic } from '@sluice/base'
import { parseExpression } from '@sluice/changelog'
import type { SelectionOptions } from '../options.ts'

/** What the history's column TAG holds. */
const tagMax = 255

/**
 * What is wrong with the contexts and the label filter of a run. A filter that cannot be read would leave out every changeset with labels
 * and say nothing; Liquibase refuses it too. A context that is no name matches nothing, as in Liquibase, which is worth a warning.
 */
export function selectionDiagnostics(options: Pick<SelectionOptions, 'contexts' | 'labels'> | undefined): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = []
  const filter = options?.labels === undefined ? undefined : parseExpression(options.labels)
  if (filter !== undefined && 'problem' in filter) {
    diagnostics.push({
      severity: 'error',
      code: 'LABEL_FILTER_INVALID',
      message: `The label filter "${options?.labels ?? ''}" cannot be read: ${filter.problem}`,
      hint: 'Labels are joined by "and", "or" and commas, negated by "!".',
    })
  }
  for (const context of options?.contexts ?? []) {
    const parsed = parseExpression(context)
    if (!('problem' in parsed) && (parsed.expression === undefined || parsed.expression.kind === 'name')) continue
    diagnostics.push({
      severity: 'warning',
      code: 'CONTEXT_NOT_A_NAME',
      message: `The context "${context}" is no name, so that no context expression of a changeset can mean it.`,
      hint: 'Name the contexts that hold, separated by commas; expressions belong into the changelog.',
    })
  }
  return diagnostics
}

/** Why a tag cannot be set: found before anything runs, since the tag comes last. */
export function tagNameDiagnostics(tag: string): readonly Diagnostic[] {
  const why =
    tag.trim() === ''
      ? 'The tag to set is empty.'
      : tag.length > tagMax
        ? `The tag to set has ${tag.length} characters; the history table holds ${tagMax}.`
        : tag.includes('\0')
          ? 'The tag to set holds a character of code 0.'
          : undefined
  return why === undefined ? [] : [{ severity: 'error', code: 'TAG_INVALID', message: why, hint: 'Choose another tag.' }]
}
