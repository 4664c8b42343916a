import type { EngineProduct } from './changelogs.ts'
import type { BareRun } from './run-bare.ts'

/**
 * What the engine's benchmark runs on: a product with commits as durable as in production. Its databases go with it, not before: a file system
 * takes long to make files where many have just been deleted, whoever's turn it is.
 */
export interface EngineTarget extends AsyncDisposable {
  readonly product: EngineProduct
  /** For readers: the product and its version. */
  readonly title: string
  /** An empty database. */
  createDatabase(): Promise<EngineDatabase>
}

export interface EngineDatabase {
  readonly jdbcUrl: string
  /** Undefined where databases have no users. */
  readonly user: string | undefined
  readonly password: string | undefined
  countHistory(): Promise<number>
  /**
   * The commit floor: a program that sends every statement by itself, on one connection, committed as it ends, and nothing else but the
   * commits that safety needs (on MariaDB a note before and after a statement that commits by itself).
   */
  runBare(statements: readonly string[]): Promise<BareRun>
}
