/** `1 step`, `3 steps`, `2 copies`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`
}
