import type { MeasuredResult } from './last-figures.ts'

/** The figures as Markdown: goals first, then every table with how it was measured. Entries may come from different days and machines. */
export function renderFigures(measured: readonly MeasuredResult[]): string {
  const goals = measured.flatMap(({ result }) => result.goals)
  const environment = measured[0]?.environment ?? ''
  return `${[
    '# Figures',
    'Written by `npm run bench`; do not edit. Times are medians with the smallest and the largest value; peers were measured in the same run.',
    `Measured on: ${environment}.`,
    ...(goals.length === 0
      ? []
      : [
          '## Goals',
          renderTable(
            ['What', 'Goal', 'Measured', 'Met'],
            goals.map(({ what, goal, measured: value, isMet }) => [what, goal, value, isMet ? 'yes' : '**no**']),
          ),
        ]),
    ...measured.flatMap((entry) =>
      entry.result.tables.flatMap(({ title, about, columns, rows }) => [
        `## ${title}`,
        about,
        ...(entry.environment === environment ? [] : [`Measured on: ${entry.environment}.`]),
        renderTable(columns, rows),
      ]),
    ),
  ].join('\n\n')}\n`
}

function renderTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(...[column, ...rows.map((row) => row[index] ?? '')].map((cell) => cell.length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
