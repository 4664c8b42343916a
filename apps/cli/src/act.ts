import type { CommandContext } from './command-context.ts'

/** Builds a command's action: it gets a context, and what it returns is the exit code (nothing means 0). */
export type Act = <Args extends unknown[]>(
  run: (context: CommandContext, ...args: Args) => Promise<number | void>,
) => (...args: Args) => Promise<void>
