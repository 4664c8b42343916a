import { isoDate, javaDate, javaDouble, timeOf } from './java-values.ts'

/** A plain YAML 1.1 scalar as Java's YAML library types it, printed back as text. */
export interface YamlScalar {
  /** Undefined for null. */
  readonly text: string | undefined
  /** For timestamps: what a date attribute gets. */
  readonly dateText?: string
}

const nulls = /^(?:~|null|Null|NULL|)$/
const trues = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/
const falses = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/
const integer = /^[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*)$/
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)$/
const sexagesimalFloat = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/
const infinity = /^[-+]?\.(?:inf|Inf|INF)$/
const notANumber = /^\.(?:nan|NaN|NAN)$/
const dateOnly = /^(\d{4})-(\d\d)-(\d\d)$/
const timestamp =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.\d*)?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::?(\d\d))?))?$/

/** Longest text that is looked at as a number or date; longer ones are strings. */
const typedLengthMax = 400

/**
 * Resolves a plain scalar the way SnakeYAML's YAML 1.1 resolver does: `007` is 7, `1.50` is 1.5, `on` is true, dates become
 * timestamps. Dates print in UTC, as Java does on a machine whose time zone that is.
 */
export function resolvePlainScalar(source: string): YamlScalar {
  if (nulls.test(source)) return { text: undefined }
  if (trues.test(source)) return { text: 'true' }
  if (falses.test(source)) return { text: 'false' }
  if (source.length > typedLengthMax || !/^[-+.\d]/.test(source)) return { text: source }
  if (integer.test(source)) return { text: integerText(source) }
  if (float.test(source)) return { text: javaDouble(Number(source.replaceAll('_', ''))) }
  if (sexagesimalFloat.test(source)) return { text: javaDouble(sexagesimal(source)) }
  if (infinity.test(source)) return { text: javaDouble(source.startsWith('-') ? -Infinity : Infinity) }
  if (notANumber.test(source)) return { text: 'NaN' }
  return dateScalar(source) ?? { text: source }
}

function dateScalar(source: string): YamlScalar | undefined {
  const day = dateOnly.exec(source)
  if (day !== null) {
    const date = new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3])))
    return { text: javaDate(date), dateText: `${isoDate(date)}T00:00:00` }
  }
  const match = timestamp.exec(source)
  if (match === null) return undefined
  const [, year, month, dayOfMonth, hour, minute, second, zulu, sign, zoneHour, zoneMinute] = match
  const local = Date.UTC(Number(year), Number(month) - 1, Number(dayOfMonth), Number(hour), Number(minute), Number(second))
  if (sign === undefined || zulu !== undefined) {
    const date = new Date(local)
    return { text: `${isoDate(date)} ${timeOf(date)}` }
  }
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute ?? 0)) * 60_000
  return { text: javaDate(new Date(sign === '+' ? local - offset : local + offset)) }
}

function integerText(source: string): string {
  const digits = source.replaceAll('_', '').replace(/^[-+]/, '')
  const value = digits.includes(':') ? BigInt(sexagesimal(digits)) : plainInteger(digits)
  return String(source.startsWith('-') ? -value : value)
}

function plainInteger(digits: string): bigint {
  if (/^0[bx]/.test(digits)) return digits.length === 2 ? 0n : BigInt(digits)
  return digits.length > 1 && digits.startsWith('0') ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits)
}

function sexagesimal(source: string): number {
  const parts = source.replaceAll('_', '').replace(/^[-+]/, '').split(':')
  const value = parts.reduce((sum, part) => sum * 60 + Number(part), 0)
  return source.startsWith('-') ? -value : value
}
