/** What has to be stopped at the end, in reverse order of its start. Everything is tried, whatever fails. */
export class StopList {
  readonly #stops: (() => unknown)[] = []

  add(stop: () => unknown): void {
    this.#stops.push(stop)
  }

  async run(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      try {
        await stop()
      } catch (error) {
        process.stderr.write(`Could not stop cleanly: ${error instanceof Error ? error.message : String(error)}\n`)
      }
    }
  }
}
