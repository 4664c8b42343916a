import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProcessRunning } from '@sluice/embedded-postgres'
import { spawnProcess } from './spawn-process.ts'
import { waitFor } from './wait-for.ts'

test('output, input, environment and exit code of a program are kept', async () => {
  const script = 'read x; echo "out $x $SLUICE_TEST_WORD"; echo err >&2; exit 3'
  await using child = spawnProcess({ command: 'sh', args: ['-c', script], input: 'in\n', env: { SLUICE_TEST_WORD: 'word' } })
  assert.deepEqual(await child.exited, { exitCode: 3, signal: null })
  assert.equal(child.stdout, 'out in word\n')
  assert.equal(child.stderr, 'err\n')
  assert.ok(!child.isRunning)
})

test('waiting for output finds it, and quotes what came instead', async () => {
  await using child = spawnProcess({ command: 'sh', args: ['-c', 'echo port 42; exec sleep 60'] })
  assert.equal((await child.waitForOutput(/port (\d+)/))[1], '42')
  await assert.rejects(child.waitForOutput(/never/, 20), /port 42/)
  assert.deepEqual(await child.kill(), { exitCode: null, signal: 'SIGKILL' })
  await assert.rejects(child.waitForOutput(/never/), /It ended with/)
})

test('killing the group ends what the program started', async () => {
  await using child = spawnProcess({ command: 'sh', args: ['-c', 'sleep 60 & echo child $!; wait'] })
  const pid = Number((await child.waitForOutput(/child (\d+)/))[1])
  await child.killGroup()
  await waitFor(() => !isProcessRunning(pid), { what: 'the end of the grandchild' })
})

test('a program that does not exist is an error, not a hang', async () => {
  const child = spawnProcess({ command: '/does/not/exist' })
  await assert.rejects(child.exited, { code: 'ENOENT' })
})
