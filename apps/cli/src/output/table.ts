/** Rows as left-aligned columns; the last column is not padded. With no rows, what to say instead. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[], whenEmpty: string): string {
  if (rows.length === 0) return whenEmpty
  const all = [headers, ...rows]
  const widths = headers.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `3 s`, `2 min`, `5 h`, `4 d`: how long ago a moment was, for columns. */
export function formatAge(from: string | undefined, nowMs: number): string {
  if (from === undefined) return '-'
  return formatDuration(Math.max(0, nowMs - Date.parse(from)))
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 100) return `${seconds < 10 ? seconds.toFixed(1) : String(Math.round(seconds))} s`
  const minutes = seconds / 60
  if (minutes < 100) return `${String(Math.round(minutes))} min`
  const hours = minutes / 60
  return hours < 72 ? `${String(Math.round(hours))} h` : `${String(Math.round(hours / 24))} d`
}
