/** A span of time as a person says it: `840 ms`, `4.2 s`, `1 min 12 s`, `2 h 3 min`, `3 d 4 h`. Negative spans count as none. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs)
  if (ms < 999.5) return `${String(Math.round(ms))} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${String(seconds)} s`
  if (seconds < 3600) return join(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return join(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.floor(minutes / 60)
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** As `formatDuration`, in whole seconds: for a clock that ticks. */
export function formatTicking(durationMs: number): string {
  const seconds = Math.floor(Math.max(0, durationMs) / 1000)
  return seconds < 60 ? `${String(seconds)} s` : formatDuration(seconds * 1000)
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${String(large)} ${largeUnit}` : `${String(large)} ${largeUnit} ${String(small)} ${smallUnit}`
}
