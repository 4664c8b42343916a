import type { Readable } from 'node:stream'

/** A script that runs, wherever it does. */
export interface ScriptProcess {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Its exit code once both streams have ended too; 128 plus the signal's number where a signal ended it. Rejects with `AppError`. */
  readonly exit: Promise<number>
  /** Signals its whole process group. Never throws: a process that has ended is no error. */
  signal(name: 'TERM' | 'KILL'): void
  /** Whether somebody else than the runner told the script's container to end while the script ran. To be asked before `dispose`. */
  wasTold(): boolean
  /** Removes what was made for it, secrets first. */
  dispose(): void
}

/** What is started: the parts of the step that hold no places yet. */
export interface ScriptRequest {
  readonly stepRunId: string
  /** Ends the wait for a container that is not there yet. */
  readonly signal: AbortSignal
  readonly environment: ReadonlyMap<string, Uint8Array>
  readonly command: Uint8Array
}
