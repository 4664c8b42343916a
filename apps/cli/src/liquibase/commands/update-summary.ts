import type { Changelog } from '@sluice/changelog'
import type { ApplyReport, SkipReason, UpdatePlan } from '@sluice/engine'
import { changesetName } from './failure.ts'

/** Liquibase's words for what an update passed over. */
const reasons: readonly (readonly [string, readonly SkipReason[]])[] = [
  ['Context mismatch', ['context']],
  ['Label mismatch', ['labels']],
  ['DBMS mismatch', ['dbms']],
  ['Ignored', ['ignored']],
  ['After count', ['limit']],
  ['Not selected', ['notSelected']],
]

const line = (label: string, count: number): string => `${`${label}:`.padEnd(30)}${String(count)}\n`

/**
 * What an update did in Liquibase's layout (https://docs.liquibase.com/parameters/show-summary.html): scripts read its numbers. `verbose`
 * adds a table of what was passed over.
 */
export function renderSummary(
  changelog: Changelog,
  plan: UpdatePlan,
  report: Pick<ApplyReport, 'entries'> | undefined,
  options: { readonly verbose: boolean; readonly toTag: boolean },
): string {
  const run = (report?.entries ?? []).filter(
    ({ state, result }) => state === 'done' && (result === 'executed' || result === 'reran'),
  )
  const others = changelog.otherDatabases.length
  const left = plan.skipped.filter(({ reason }) => reason !== 'alreadyRan')
  const filtered = left.length + others
  const parts = [
    '\nUPDATE SUMMARY\n',
    line('Run', run.length),
    line('Previously run', plan.skipped.length - left.length),
    line('Filtered out', filtered),
    '-------------------------------\n',
    line('Total change sets', changelog.changesets.length + others),
  ]
  if (filtered > 0) {
    parts.push('\n\nFILTERED CHANGE SETS SUMMARY\n')
    for (const [label, kinds] of reasons) {
      const count = left.filter(({ reason }) => kinds.includes(reason)).length + (label === 'DBMS mismatch' ? others : 0)
      if (count > 0) parts.push(line(options.toTag && label === 'After count' ? 'After tag' : label, count))
    }
  }
  if (options.verbose && left.length > 0) {
    const label = (reason: SkipReason): string => reasons.find(([, kinds]) => kinds.includes(reason))?.[0] ?? reason
    parts.push(
      `\n${renderTable(
        ['Changeset Info', 'Reason Skipped'],
        left.map(({ key, reason }) => [changesetName(key), label(reason)]),
      )}`,
    )
  }
  return `${parts.join('')}\n`
}

/** A table with `+---+` borders, a border under every row as Liquibase has it. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`
  const render = (cells: readonly string[]): string =>
    `|${cells.map((cell, column) => ` ${cell.padEnd(widths[column] ?? 0)} `).join('|')}|\n${border}`
  return border + [head, ...rows].map(render).join('')
}
