import type { BoundStatement, SmallTransaction, StatementResult } from '@sluice/engine'
import { usesKept } from './prepared-statements.ts'
import { readResult } from './read-result.ts'
import type { BatchStatement } from './send-batch.ts'
import type { StretchTransaction } from './send-stretch.ts'

export interface StretchInit {
  /** What goes before anything that `next` gives. */
  readonly again: readonly SmallTransaction[]
  readonly next: () => SmallTransaction | undefined
  readonly bind: (statements: readonly BoundStatement[]) => readonly BatchStatement[]
  /** A transaction with these went well. */
  readonly note: (recording: readonly BatchStatement[]) => void
}

interface Open {
  readonly transaction: SmallTransaction
  readonly recording: readonly BatchStatement[]
  executed: StatementResult | undefined
}

/** Small transactions on their way to the server, and what it has answered of the first of them. */
export class Stretch {
  readonly #init: StretchInit
  readonly #again: SmallTransaction[]
  readonly #open: Open[] = []

  constructor(init: StretchInit) {
    this.#init = init
    this.#again = [...init.again]
  }

  /** The next to send. */
  take(): StretchTransaction | undefined {
    const transaction = this.#again.shift() ?? this.#init.next()
    if (transaction === undefined) return undefined
    const recording = this.#init.bind(transaction.after)
    const open: Open = { transaction, recording, executed: undefined }
    this.#open.push(open)
    return {
      statements: [{ text: transaction.sql }, ...recording],
      onAnswer: (index, result) => {
        if (index === 0) open.executed = readResult(result)
      },
      onCommitted: () => {
        this.tellExecuted()
        this.#open.shift()
        this.#init.note(recording)
        transaction.onCommitted()
      },
    }
  }

  /** All that have not been committed, as far as the server has said, oldest first. */
  get open(): readonly SmallTransaction[] {
    return [...this.#open.map(({ transaction }) => transaction), ...this.#again]
  }

  /** Whether the first of them relies on names that an earlier one has made. */
  get usesKept(): boolean {
    return usesKept(this.#open[0]?.recording ?? [])
  }

  /** Tells the first of them that its statement ended well, if it did; says whether. */
  tellExecuted(): boolean {
    const [first] = this.#open
    if (first?.executed === undefined) return false
    first.transaction.onExecuted(first.executed)
    return true
  }
}
