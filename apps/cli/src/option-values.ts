import { InvalidArgumentError } from 'commander'
import type { ChangesetKey } from '@sluice/engine'

/** A repeatable option. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

/** A whole number from 1. */
export function parseCount(value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It takes a whole number from 1.')
  return count
}

/** A positive number, not necessarily whole. */
export function parseAmount(value: string): number {
  const amount = Number(value)
  if (!Number.isFinite(amount) || amount <= 0) throw new InvalidArgumentError('It takes a number above 0.')
  return amount
}

/** A whole number from 0. */
export function parseLimit(value: string): number {
  return value === '0' ? 0 : parseCount(value)
}

/** A changeset as Liquibase and `db status` print it: `path::id::author`. */
export function parseChangesetName(value: string): ChangesetKey {
  const found = /^(.+?)::(.+)::(.+)$/s.exec(value)
  const [, path, id, author] = found ?? []
  if (path === undefined || id === undefined || author === undefined)
    throw new InvalidArgumentError('It takes a changeset as path::id::author, for example db/shop.sql::7::alice.')
  return { path, id, author }
}

/** A repeatable changeset. */
export function collectChangesets(value: string, previous: readonly ChangesetKey[] = []): readonly ChangesetKey[] {
  return [...previous, parseChangesetName(value)]
}

/** A duration with a unit, `500ms`, `30s`, `5m`, `1h`; a bare number is seconds. Gives milliseconds. */
export function parseDuration(value: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value.trim()) ?? []
  if (amount === undefined) throw new InvalidArgumentError('It takes a duration, for example 500ms, 30s or 5m.')
  const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return Math.round(Number(amount) * (unitsMs[unit] ?? 1000))
}
