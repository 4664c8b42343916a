import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { checkFile } from './check-file.ts'
import { fuzzFile } from './fuzz-file.ts'

test('any file is a parse or errors with places: a sample of `npm run test:fuzz`', () => {
  // Other files on another day, the same ones within it.
  const first = Math.floor(Date.now() / 86_400_000) * 1_000
  for (let seed = first; seed < first + 300; seed++)
    equal(checkFile(fuzzFile(seed)), undefined, `npm run test:fuzz -- --file ${seed}`)
})
