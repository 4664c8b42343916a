import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { findInstalledPrograms, placePrograms, removeTemporaryPrograms } from './programs.ts'

const base = mkdtempSync(join(tmpdir(), 'sluice-programs-test-'))
after(() => rmSync(base, { recursive: true, force: true }))
chmodSync(base, 0o755)
const nobody = { uid: 65534, gid: 65534 }

/** An installation as npm leaves it, without the links, below a folder that only its owner may pass. */
async function installClosed(name: string) {
  const installed = await findInstalledPrograms()
  const dir = join(base, name, 'native')
  mkdirSync(join(base, name), { mode: 0o700 })
  cpSync(installed.dir, dir, { recursive: true, filter: (source) => !source.endsWith('.a') && !/\.so(\.\d+)?$/.test(source) })
  for (const real of ['libssl.so.1.1', 'libcrypto.so.1.1']) assert.ok(existsSync(join(dir, 'lib', real)))
  cpSync(installed.dir, dir, { recursive: true, filter: (source) => statSync(source).isDirectory() || !source.endsWith('.a') })
  return { ...installed, dir }
}

test('programs that the user can reach are used where they are', async () => {
  const installed = await findInstalledPrograms()
  const placed = await placePrograms(installed, undefined, base)
  assert.deepEqual(placed, { dir: installed.dir, temporary: false })
})

test('programs that the user cannot reach are copied into the data folder once', async () => {
  const installed = await installClosed('closed-programs')
  const dataDir = join(base, 'data')
  mkdirSync(dataDir)
  const first = await placePrograms(installed, nobody, dataDir)
  assert.equal(first.dir, join(dataDir, 'programs', installed.version))
  const made = statSync(join(first.dir, 'bin', 'postgres')).ctimeMs
  assert.deepEqual(await placePrograms(installed, nobody, dataDir), first)
  assert.equal(statSync(join(first.dir, 'bin', 'postgres')).ctimeMs, made)
  const ids = process.geteuid?.() === 0 ? nobody : {}
  assert.match(execFileSync(join(first.dir, 'bin', 'postgres'), ['--version'], { encoding: 'utf8', cwd: '/', ...ids }), /17\./)
})

test('where the data folder is closed too, the copy is temporary and can be removed', async () => {
  const installed = await installClosed('closed-again')
  const dataDir = join(base, 'closed-again', 'data')
  mkdirSync(dataDir)
  const placed = await placePrograms(installed, nobody, dataDir)
  assert.equal(placed.temporary, true)
  assert.ok(existsSync(join(placed.dir, 'bin', 'postgres')))
  await removeTemporaryPrograms(placed.dir)
  assert.ok(!existsSync(dirname(placed.dir)))
})
