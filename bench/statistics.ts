/** The value below which `share` (0 to 1) of the values lie, by the nearest-rank method. Throws without any value. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new Error('There is nothing to take a percentile of.')
  return value
}

/** The middle value, or the mean of the two in the middle. Throws without any value. */
export function median(values: readonly number[]): number {
  return (percentile(values, 0.5) + percentile(values, 0.5 + 1 / (2 * values.length))) / 2
}

/** `123 ms (110–140)`: the median with the smallest and the largest value. */
export function describeMs(values: readonly number[]): string {
  const inSeconds = Math.max(...values) >= secondsFromMs
  const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)].map((ms) => formatBare(ms, inSeconds))
  return `${middle ?? ''} ${inSeconds ? 's' : 'ms'} (${min ?? ''}–${max ?? ''})`
}

/** Milliseconds with as many digits as mean something; seconds from ten of them on. */
export function formatMs(ms: number): string {
  const inSeconds = ms >= secondsFromMs
  return `${formatBare(ms, inSeconds)} ${inSeconds ? 's' : 'ms'}`
}

const secondsFromMs = 10_000

/** `3.4 ×`. */
export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)} ×`
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

function formatBare(ms: number, inSeconds: boolean): string {
  const value = inSeconds ? ms / 1000 : ms
  return value.toFixed(value < 100 && (inSeconds || ms < 10) ? 1 : 0)
}
