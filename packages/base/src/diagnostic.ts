/** One problem found in a user's input. Parsers return all of them; they never throw for input. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note'
  /** Stable and specific, for example `PIPELINE_UNKNOWN_FIELD`. */
  readonly code: string
  /** What is wrong with which thing: one sentence with a full stop. */
  readonly message: string
  /** Path or name of the text, as its user knows it. */
  readonly file?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based, in UTF-16 code units. */
  readonly column?: number
  /** What to do next. */
  readonly hint?: string
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}

/** `file:line:column: message (hint)`, the form that editors and people can follow. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const place = [diagnostic.file, diagnostic.line, diagnostic.column].filter((part) => part !== undefined).join(':')
  const hint = diagnostic.hint === undefined ? '' : ` ${diagnostic.hint}`
  return `${place === '' ? '' : `${place}: `}${diagnostic.severity}: ${diagnostic.message}${hint} [${diagnostic.code}]`
}

/** The candidate closest to a misspelt name, or undefined when nothing is near enough to offer. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.slice(0, 64).toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.slice(0, 64).toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Edits from one to the other; two neighbours swapped, the commonest typing error, are one edit. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const row = [i]
    for (let j = 1; j <= right.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      const swap = isSwap ? (beforePrevious[j - 2] ?? 0) + 1 : substitution
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution, swap))
    }
    beforePrevious = previous
    previous = row
  }
  return previous[right.length] ?? 0
}
