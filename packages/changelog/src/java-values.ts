/**
 * Values as Java prints them. Checksums of YAML and JSON changelogs are taken over texts that went through Java's own types, so
 * these conversions are part of the file format.
 */

/** `Double.toString` (Java 19 and later): `3.0`, `1.0E10`, `1.0E-4`. */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  // The smallest double: Java shows the second digit that the shortest form leaves out.
  if (Math.abs(value) === Number.MIN_VALUE) return value > 0 ? '4.9E-324' : '-4.9E-324'
  const size = Math.abs(value)
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (size >= 1e-3 && size < 1e7) {
    const plain = exponent < -6 ? value.toFixed(20) : String(value)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent}`
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `java.util.Date.toString` in UTC: `Thu Jan 02 00:00:00 UTC 2020`. */
export function javaDate(date: Date): string {
  const day = `${weekdays[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${pad(date.getUTCDate())}`
  return `${day} ${timeOf(date)} UTC ${pad(date.getUTCFullYear(), 4)}`
}

/** `2020-01-02`. */
export function isoDate(date: Date): string {
  return `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`
}

/** `03:04:05`, whole seconds. */
export function timeOf(date: Date): string {
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`
}

/** `Boolean.parseBoolean`: only "true", in any case, is true. */
export function javaBoolean(text: string): 'true' | 'false' {
  return text.toLowerCase() === 'true' ? 'true' : 'false'
}

/** `BigInteger.toString` after parsing; undefined when the text is no integer. */
export function javaInteger(text: string): string | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')).toString() : undefined
}

/**
 * The text of a date value after Liquibase's ISO parsing and printing, or undefined when it takes the text for a function call
 * instead: `2020-01-02`, `2020-01-02T03:04:05` (also with a blank), fractions without zeros at the end, `03:04:05`.
 */
export function javaDateValue(text: string): string | undefined {
  if (/^\d\d:\d\d:\d\d$/.test(text)) return text
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, time, fraction = ''] = match
  // Days past a month's end roll over, as with Java's lenient calendar.
  const date = isoDate(new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))))
  if (time === undefined) return date
  const shown = fraction.replace(/0+$/, '')
  return `${date}T${time}${shown === '' ? '' : `.${shown}`}`
}

/**
 * Whether Java's US number format reads a number at the start of the text. It ignores what follows, so `5abc` is numeric, while
 * `+5` and ` 5` are not: those count as function calls.
 */
export function startsLikeNumber(text: string): boolean {
  return /^-?(\d|\.\d|\u221e)/.test(text) || /^-?NaN/.test(text)
}

/** The order in which a Java HashSet of these texts, at most twelve, gives them back: by bucket, then as they came. */
export function javaSetOrder(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
    .map((text) => ({ text, bucket: javaBucket(text) }))
    .toSorted((left, right) => left.bucket - right.bucket)
    .map((one) => one.text)
}

function javaBucket(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 16)) & 15
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}
