/** What a benchmark found, as it is printed and written down. */
export interface BenchResult {
  readonly tables: readonly FigureTable[]
  readonly goals: readonly Goal[]
}

export interface FigureTable {
  readonly title: string
  /** How it was measured: what the numbers include and what they leave out. */
  readonly about: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A figure that somebody asked for, and whether this run met it. */
export interface Goal {
  readonly what: string
  readonly goal: string
  readonly measured: string
  readonly isMet: boolean
}

export interface BenchOptions {
  /** Fewer and shorter rounds: shows that a benchmark works, not what is true. */
  readonly isQuick: boolean
  /** Says what goes on, for whoever waits. */
  readonly say: (text: string) => void
}

/** Undefined: skipped, for want of something that it has said; what was written down last stays. */
export type Bench = (options: BenchOptions) => Promise<BenchResult | undefined>
