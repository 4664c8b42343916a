import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTempDir } from '@sluice/testkit'
import { readCachedCode } from './cache-file.ts'

const runBundleFile = join(import.meta.dirname, 'run-bundle.ts')

/** A program that prints its kind of work, notes it and ends the way it is told to. */
const program = `(function (exports, require, module, __filename, __dirname) {
const kinds = new Set()
exports.kindsOfWork = kinds
exports.done = main(process.argv.slice(-2))
async function main([kind, end]) {
  kinds.add(kind)
  console.log(require('./program-work.cjs').describe(kind), require('node:path').basename(__filename))
  if (end === 'throw') throw new Error('It broke.')
  if (end === 'fail') process.exitCode = 3
  if (end === 'never') return new Promise(() => {})
  if (end === 'exit') process.exit(0)
}
})`

/** A script that the program loads, and that asks for it in turn. */
const work = `(function (exports, require, module, __filename, __dirname) {
const main = require('./program-main-ABC.cjs')
module.exports = { describe: (kind) => (require('./program-work.cjs') === module.exports && main.done !== 0 ? 'did ' : 'lost ') + kind }
})`

async function openProgram() {
  const dir = await openTempDir()
  const file = join(dir.path, 'program-main-ABC.cjs')
  writeFileSync(file, program)
  writeFileSync(join(dir.path, 'program-work.cjs'), work)
  const caches = [join(dir.path, 'beside'), join(dir.path, 'elsewhere')] as const
  return {
    file,
    caches,
    run: (kind: string, end = 'well', flags: readonly string[] = []) => {
      const code = `const { runBundle } = await import(${JSON.stringify(runBundleFile)}); await runBundle(${JSON.stringify(file)}, ${JSON.stringify(caches)})`
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [...flags, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, '--', kind, end],
        { encoding: 'utf8' },
      )
      return { status, stdout, stderr }
    },
    kept: (folder: string = caches[0]) => readdirOf(folder).map((name) => readCachedCode(join(folder, name))?.kinds),
    fileOf: () => join(caches[0], readdirOf(caches[0])[0] ?? ''),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  }
}

function readdirOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

test('a run keeps its compiled code, and the next of its kind takes it and writes nothing', async () => {
  await using bundle = await openProgram()
  assert.equal(bundle.run('apply').stdout, 'did apply program-main-ABC.cjs\n')
  assert.deepEqual(bundle.kept(), [['apply']])
  assert.deepEqual([...(readCachedCode(bundle.fileOf())?.scripts.keys() ?? [])].toSorted(), [
    'program-main-ABC.cjs',
    'program-work.cjs',
  ])
  const { ino } = statSync(bundle.fileOf())
  assert.equal(bundle.run('apply').stdout, 'did apply program-main-ABC.cjs\n')
  // V8 refusing the code would have it written anew.
  assert.equal(statSync(bundle.fileOf()).ino, ino)
})

test('a run of another kind adds its code to what is kept', async () => {
  await using bundle = await openProgram()
  bundle.run('apply')
  bundle.run('status', 'exit')
  assert.deepEqual(bundle.kept(), [['apply', 'status']])
  const { ino } = statSync(bundle.fileOf())
  bundle.run('apply')
  bundle.run('status')
  assert.equal(statSync(bundle.fileOf()).ino, ino)
})

test('damaged code, and that of a V8 with other flags, is passed over and replaced', async () => {
  await using bundle = await openProgram()
  bundle.run('apply')
  const whole = readFileSync(bundle.fileOf())
  const damaged = Buffer.from(whole)
  damaged.fill(0xff, 40, 400)
  writeFileSync(bundle.fileOf(), damaged)
  assert.equal(bundle.run('status').stdout, 'did status program-main-ABC.cjs\n')
  assert.deepEqual(bundle.kept(), [['status']])
  assert.equal(bundle.run('apply', 'well', ['--no-opt', '--max-lazy']).stdout, 'did apply program-main-ABC.cjs\n')
  assert.deepEqual(bundle.kept(), [['apply']])
})

test('a run that fails keeps nothing, and its exit code and error are its own', async () => {
  await using bundle = await openProgram()
  assert.equal(bundle.run('apply', 'fail').status, 3)
  const thrown = bundle.run('apply', 'throw')
  assert.equal(thrown.status, 1)
  assert.match(thrown.stderr, /Error: It broke\.\n\s+at main \(.*program-main-ABC\.cjs:8:/)
  // Node's own code for a program whose work can never end: it is not taken for a success.
  assert.equal(bundle.run('apply', 'never').status, 13)
  assert.deepEqual(bundle.kept(), [])
})

test('where the first folder cannot be written, the second has the code; where none can, programs run as well', async () => {
  await using bundle = await openProgram()
  writeFileSync(bundle.caches[0], 'a file')
  bundle.run('apply')
  assert.deepEqual(bundle.kept(bundle.caches[1]), [['apply']])
  assert.equal(bundle.run('apply').status, 0)
  await using other = await openProgram()
  for (const folder of other.caches) writeFileSync(folder, 'a file')
  assert.equal(other.run('apply').stdout, 'did apply program-main-ABC.cjs\n')
})

test('a folder that is there already keeps what else it holds', async () => {
  await using bundle = await openProgram()
  mkdirSync(bundle.caches[0])
  writeFileSync(join(bundle.caches[0], 'other.code'), 'other')
  bundle.run('apply')
  assert.equal(readFileSync(join(bundle.caches[0], 'other.code'), 'utf8'), 'other')
  assert.equal(readdirSync(bundle.caches[0]).length, 2)
})
