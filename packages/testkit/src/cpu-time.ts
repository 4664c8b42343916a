/**
 * The least CPU time, in milliseconds, that `work` took in three tries. For tests that compare how work grows: other processes do not count,
 * and a pause for the garbage of earlier tests counts at most in two of the three.
 */
export function leastCpuMs(work: () => void): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }),
  )
}
