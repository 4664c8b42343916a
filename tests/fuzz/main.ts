// npm run test:fuzz -- --files 100000 [--seed 7]     that many files from a seed on; a random seed without one
// npm run test:fuzz -- --file 123456                 one file again, printed
import { checkFile } from './check-file.ts'
import { fuzzFile, fuzzKinds } from './fuzz-file.ts'

const argv = process.argv.slice(2)
const value = (name: string): number | undefined => {
  const at = argv.indexOf(`--${name}`)
  return at === -1 ? undefined : Number(argv[at + 1])
}

const single = value('file')
if (single !== undefined) {
  const file = fuzzFile(single)
  console.log(`${file.kind}\n${file.text}\n${checkFile(file) ?? 'Nothing is wrong.'}`)
} else {
  const files = value('files') ?? 1_000
  const first = value('seed') ?? Math.floor(Math.random() * 1_000_000_000)
  console.log(`${files} files from seed ${first} on. To go on after an interruption: --seed with the number below.`)
  const counts = Object.fromEntries(fuzzKinds.map((kind) => [kind, 0]))
  let wrong = 0
  let characters = 0
  const started = performance.now()
  for (let at = 0; at < files; at++) {
    const file = fuzzFile(first + at)
    counts[file.kind] = (counts[file.kind] ?? 0) + 1
    characters += file.text.length
    const problem = checkFile(file)
    if (problem !== undefined) {
      wrong++
      console.log(`--file ${first + at} (${file.kind}): ${problem}`)
    }
    if (at % 5_000 === 4_999) console.log(`${at + 1} files, ${wrong} wrong; next: --seed ${first + at + 1}`)
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`${files} files, ${Math.round(characters / 1_000_000)} million characters, ${seconds} s, ${wrong} wrong.`, counts)
  process.exitCode = wrong === 0 ? 0 : 1
}
