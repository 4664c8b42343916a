/** Calls that are made in one piece at most. */
const batchMax = 100

/**
 * Brings calls that come while an earlier one is under way together into one: a statement for fifty costs the database little more than
 * one for a single caller. A call that comes alone starts at once. A batch that fails is tried call by call, so that one caller's trouble
 * stays its own.
 */
export function batchCalls<Input, Result>(
  run: (inputs: readonly Input[]) => Promise<readonly Result[]>,
): (input: Input) => Promise<Result> {
  interface Waiting {
    readonly input: Input
    readonly resolve: (result: Result) => void
    readonly reject: (error: unknown) => void
  }
  const waiting: Waiting[] = []
  let working = false

  const settle = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ input }) => input))
      batch.forEach(({ resolve }, index) => resolve(results[index] as Result))
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const call of batch) await settle([call])
    }
  }
  const work = async (): Promise<void> => {
    while (waiting.length > 0) await settle(waiting.splice(0, batchMax))
    working = false
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      if (working) return
      working = true
      void work()
    })
}
