// Loaded before a program (`node --import`): the wall clock that its JavaScript sees is off by the milliseconds that stand in the file
// SHIFTED_CLOCK_FILE, read anew all the time, so that it jumps while the program runs. Clocks that only count are as they are.
import { readFileSync } from 'node:fs'

const file = process.env['SHIFTED_CLOCK_FILE'] ?? ''
const trueNow = Date.now
let offsetMs = 0

function read(): void {
  offsetMs = Number(readFileSync(file, 'utf8'))
}

class ShiftedDate extends Date {
  constructor(...values: readonly unknown[]) {
    super(...((values.length === 0 ? [trueNow() + offsetMs] : values) as [number]))
  }

  static override now(): number {
    return trueNow() + offsetMs
  }
}

read()
setInterval(read, 50).unref()
globalThis.Date = ShiftedDate as DateConstructor
