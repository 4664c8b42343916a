import { InvalidArgumentError } from 'commander'

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
