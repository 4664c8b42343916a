/** What the first script of a bundled program exports for `runBundle`. It is at work when it has been evaluated. */
export interface Program {
  /** Settled when the program is done; what it throws ends the process as any uncaught error does. */
  readonly done: Promise<unknown>
  /** What kinds of work this run has done, filled while it works: `kindsOfWork`, unless the program has reasons. */
  readonly kindsOfWork: ReadonlySet<string>
}
