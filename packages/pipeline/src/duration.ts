const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** The longest a step may be given: more than any migration, less than a timer's range. */
const durationMaxMs = 14 * 86_400_000

/** `10m`, `1h30m`, `30s`, `1d 2h`: milliseconds, or undefined for what is no duration, is zero, or is longer than 14 days. */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim()
  if (compact.length > 40 || !/^(?:[0-9]+(?:ms|[smhdw])\s*)+$/.test(compact)) return undefined
  let total = 0
  const seen = new Set<string>()
  for (const [, amount, unit] of compact.matchAll(/([0-9]+)(ms|[smhdw])/g)) {
    if (unit === undefined || seen.has(unit)) return undefined
    seen.add(unit)
    total += Number(amount) * (unitsMs[unit] ?? Number.NaN)
  }
  return total > 0 && total <= durationMaxMs ? total : undefined
}

/** Milliseconds as people write them: `1h30m`, `45s`, `1.5s`, `20ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`
  const seconds = Math.round(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ]
  return parts.map(([amount, unit]) => (amount === 0 ? '' : `${amount}${unit}`)).join('')
}
