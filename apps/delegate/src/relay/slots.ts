/** Counts the requests that wait, so that neither one attempt nor all together can take everything. */
export function createSlots(
  perAttemptMax: number,
  totalMax: number,
  onTotal: (total: number) => void,
): { take: (attemptId: string) => boolean; give: (attemptId: string) => void } {
  const open = new Map<string, number>()
  let total = 0
  return {
    take(attemptId) {
      const ofAttempt = open.get(attemptId) ?? 0
      if (ofAttempt >= perAttemptMax || total >= totalMax) return false
      open.set(attemptId, ofAttempt + 1)
      onTotal(++total)
      return true
    },
    give(attemptId) {
      const left = (open.get(attemptId) ?? 1) - 1
      if (left === 0) open.delete(attemptId)
      else open.set(attemptId, left)
      onTotal(--total)
    },
  }
}
