const startedAt = performance.now()

/** A line for the person who started this. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A heading with the seconds since the start. */
export function sayStep(text: string): void {
  say(`\n[${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${text}`)
}
