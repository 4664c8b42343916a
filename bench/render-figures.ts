import type { BenchResult } from './figures.ts'

/** The figures as Markdown: goals first, then every table with how it was measured. */
export function renderFigures(environment: string, results: readonly BenchResult[]): string {
  const goals = results.flatMap((result) => result.goals)
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
            goals.map(({ what, goal, measured, isMet }) => [what, goal, measured, isMet ? 'yes' : '**no**']),
          ),
        ]),
    ...results.flatMap((result) =>
      result.tables.flatMap(({ title, about, columns, rows }) => [`## ${title}`, about, renderTable(columns, rows)]),
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
