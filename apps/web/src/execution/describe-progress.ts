/** `2 of 4 steps`, with what is worth noting of the others. */
export function describeProgress(counts: Readonly<Record<string, number>>): string {
  const count = (state: string): number => counts[state] ?? 0
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0)
  if (total === 0) return 'no steps'
  const done = count('Succeeded')
  const parts = [`${String(done)} of ${String(total)} steps`]
  const failed = count('Failed')
  if (failed > 0) parts.push(`${String(failed)} failed`)
  const unknown = count('Unknown')
  if (unknown > 0) parts.push(`${String(unknown)} unknown`)
  const skipped = count('Skipped')
  if (skipped > 0) parts.push(`${String(skipped)} skipped`)
  return parts.join(', ')
}
