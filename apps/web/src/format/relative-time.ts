const units = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1000 },
] as const
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' })

/** `just now`, `12 seconds ago`, `yesterday`; beyond a month the date. A clock that is a little ahead of ours says `just now`. */
export function formatRelative(at: string, nowMs: number): string {
  const ageMs = nowMs - Date.parse(at)
  if (ageMs < 5000 && ageMs > -60_000) return 'just now'
  if (Math.abs(ageMs) > 30 * 86_400_000) return at.slice(0, 10)
  const { unit, ms } = units.find((each) => Math.abs(ageMs) >= each.ms) ?? { unit: 'second', ms: 1000 }
  return words.format(-Math.floor(Math.abs(ageMs) / ms) * Math.sign(ageMs), unit)
}

/** The moment itself, in the reader's own time zone and with its name. */
export function formatExact(at: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at))
}
