/** Throughput of the masker: `./scripts/node packages/masking/bench.ts`. */
import { createMasker, createPatternMasker } from './src/index.ts'
import type { MaskStream } from './src/index.ts'

const line =
  '2025-01-01T00:00:00.000Z INFO  changeset shop/orders.sql::12::ana ran in 14 ms: ALTER TABLE orders ADD COLUMN note text\n'
const text = new TextEncoder().encode(line.repeat(Math.ceil((16 * 1024 * 1024) / line.length)))

function measure(name: string, stream: MaskStream): void {
  let best = 0
  for (let round = 0; round < 4; round++) {
    const startMs = performance.now()
    for (let at = 0; at < text.length; at += 64 * 1024) stream.push(text.subarray(at, at + 64 * 1024))
    stream.end()
    best = Math.max(best, text.length / 1e6 / ((performance.now() - startMs) / 1000))
  }
  process.stdout.write(`${name.padEnd(44)} ${best.toFixed(0).padStart(5)} MB/s\n`)
}

for (const secrets of [1, 20, 60, 400]) {
  const values = Array.from({ length: secrets }, (_, index) => ({
    name: `s${index}`,
    value: `p${index * 7919}/äß+&w<${index}>ord'${index}`,
  }))
  const startMs = performance.now()
  const masker = createMasker(values)
  const buildMs = performance.now() - startMs
  measure(`${secrets} secrets, ${masker.needleCount} needles (built in ${buildMs.toFixed(0)} ms)`, masker.stream())
}
measure('patterns', createPatternMasker().stream())
