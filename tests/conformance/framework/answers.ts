import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConformanceDatabase } from './model.ts'

const folder = join(import.meta.dirname, '../answers/live')

interface Stored {
  readonly key: string
  readonly answer: unknown
}

/** What Liquibase answered to the cases of one area on one database, kept by the content of each case. */
export class Answers<Answer> {
  readonly #path: string
  readonly #stored: Map<string, Stored>

  constructor(area: string, database: ConformanceDatabase) {
    this.#path = join(folder, `${area}.${database}.json`)
    const text = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '{}'
    this.#stored = new Map(Object.entries(JSON.parse(text) as Record<string, Stored>))
  }

  /** Undefined where it was never asked, or asked something else. */
  find(name: string, content: unknown): Answer | undefined {
    const stored = this.#stored.get(name)
    return stored?.key === keyOf(content) ? (stored.answer as Answer) : undefined
  }

  put(name: string, content: unknown, answer: Answer): void {
    this.#stored.set(name, { key: keyOf(content), answer })
  }

  /** Writes the file anew; answers to cases that are gone are left out. */
  save(names: readonly string[]): void {
    mkdirSync(folder, { recursive: true })
    const kept = names.toSorted().flatMap((name) => {
      const stored = this.#stored.get(name)
      return stored === undefined ? [] : [[name, stored] as const]
    })
    // One line per answer: short enough to store hundreds of them, and a diff shows which changed.
    const lines = kept.map(([name, stored]) => `  ${JSON.stringify(name)}: ${JSON.stringify(stored)}`)
    writeFileSync(this.#path, `{\n${lines.join(',\n')}\n}\n`)
  }
}

function keyOf(content: unknown): string {
  return createHash('sha256').update('4.28.0 ').update(JSON.stringify(content)).digest('hex').slice(0, 16)
}
