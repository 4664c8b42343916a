import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchResult } from './figures.ts'

/** What a benchmark found when it was last written down, and where and when that was. */
export interface MeasuredResult {
  readonly environment: string
  readonly result: BenchResult
}

/** By the benchmark's name. */
export type LastFigures = Readonly<Record<string, MeasuredResult>>

const path = join(import.meta.dirname, 'last-figures.json')

/** docs/figures.md as data: an entry that is not measured this time keeps what it was. */
export function readLastFigures(): LastFigures {
  return JSON.parse(readFileSync(path, 'utf8')) as LastFigures
}

export function writeLastFigures(figures: LastFigures): void {
  writeFileSync(path, `${JSON.stringify(figures, null, 2)}\n`)
}
