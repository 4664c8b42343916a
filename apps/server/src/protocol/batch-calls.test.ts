import { deepEqual, rejects } from 'node:assert/strict'
import { it } from 'node:test'
import { batchCalls } from './batch-calls.ts'

it('what comes while a call is under way goes together, each caller gets its own answer', async () => {
  const batches: number[][] = []
  const double = batchCalls(async (inputs: readonly number[]) => {
    batches.push([...inputs])
    await new Promise((resolve) => setImmediate(resolve))
    return inputs.map((input) => input * 2)
  })
  deepEqual(await Promise.all([1, 2, 3, 4].map(double)), [2, 4, 6, 8])
  deepEqual(batches, [[1], [2, 3, 4]])
  deepEqual(await double(5), 10)
})

it('a call that fails fails alone', async () => {
  const invert = batchCalls(async (inputs: readonly number[]) => {
    if (inputs.includes(0)) throw new Error('no inverse')
    return inputs.map((input) => 1 / input)
  })
  const [, half, none, quarter] = [1, 2, 0, 4].map(invert)
  deepEqual([await half, await quarter], [0.5, 0.25])
  await rejects(async () => none, { message: 'no inverse' })
})

it('no batch grows beyond its bound', async () => {
  const sizes: number[] = []
  const echo = batchCalls(async (inputs: readonly number[]) => {
    sizes.push(inputs.length)
    return inputs
  })
  await Promise.all(Array.from({ length: 350 }, (_, index) => echo(index)))
  deepEqual(sizes, [1, 100, 100, 100, 49])
})
