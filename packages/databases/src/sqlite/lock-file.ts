import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '@sluice/base'
import type { SessionInfo } from '@sluice/engine'
import { isBusy } from './errors.ts'

type OpenFile = (path: string) => DatabaseSync

const takeTries = 5

/**
 * The session lock of an SQLite database: the operating system's lock on a small SQLite database beside it (`<file>-sluice-lock`),
 * which goes with the process whatever ends it. While it is held, a transaction is open there; who holds it was written before.
 * The file stays: removing it would let two processes lock two files of one name.
 */
export class SessionLockFile {
  readonly #path: string
  readonly #open: OpenFile
  readonly #info: () => SessionInfo
  #held: DatabaseSync | undefined

  constructor(path: string, open: OpenFile, info: () => SessionInfo) {
    this.#path = path
    this.#open = open
    this.#info = info
  }

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** Takes the lock without waiting. Throws `DATABASE_LOCK_FILE` where the file cannot be made. */
  tryTake(): boolean {
    if (this.#held !== undefined) return true
    const file = this.#openFile()
    const info = JSON.stringify(this.#info())
    try {
      for (let attempt = 0; attempt < takeTries; attempt++) {
        file.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (info TEXT NOT NULL); DELETE FROM holder')
        file.prepare('INSERT INTO holder (info) VALUES (?)').run(info)
        file.exec('COMMIT; BEGIN IMMEDIATE')
        // Between the two transactions somebody else may have put a name there, who then could not take the lock either.
        if (readInfo(file) === info) {
          this.#held = file
          return true
        }
        file.exec('ROLLBACK')
      }
    } catch (error) {
      if (!isBusy(error)) {
        file.close()
        throw lockFileError(this.#path, error)
      }
    }
    file.close()
    return false
  }

  release(): void {
    this.#held?.close()
    this.#held = undefined
  }

  /** Whoever holds the lock now; undefined when nobody does. */
  holder(): SessionInfo | undefined {
    if (this.#held !== undefined) return this.#info()
    let file: DatabaseSync
    try {
      file = this.#openFile()
    } catch {
      // Where no lock file can be made, nobody holds it.
      return undefined
    }
    try {
      file.exec('BEGIN IMMEDIATE; ROLLBACK')
      return undefined
    } catch (error) {
      if (!isBusy(error)) throw lockFileError(this.#path, error)
      return parseInfo(file)
    } finally {
      file.close()
    }
  }

  #openFile(): DatabaseSync {
    try {
      return this.#open(this.#path)
    } catch (error) {
      throw lockFileError(this.#path, error)
    }
  }
}

function readInfo(file: DatabaseSync): string | undefined {
  return (file.prepare('SELECT info FROM holder').get() as { info: string } | undefined)?.info
}

function parseInfo(file: DatabaseSync): SessionInfo {
  const unknown = {
    sessionId: '',
    applicationName: '',
    userName: '',
    clientAddress: undefined,
    state: 'unknown',
    since: '',
    transactionSince: undefined,
  }
  try {
    const text = readInfo(file)
    return text === undefined ? unknown : { ...unknown, ...(JSON.parse(text) as Partial<SessionInfo>) }
  } catch {
    // It is being written at this moment.
    return unknown
  }
}

function lockFileError(path: string, cause: unknown): AppError {
  return new AppError(
    'failedPrecondition',
    'DATABASE_LOCK_FILE',
    `The lock file "${path}" beside the database cannot be used: ${(cause as Error).message}.`,
    {
      cause,
      hint: 'The folder of an SQLite database has to be writable for whoever migrates it.',
    },
  )
}
