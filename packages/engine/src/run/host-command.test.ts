import { equal, match, rejects } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runHostCommand } from './host-command.ts'

const node = (script: string, timeoutMs = 20_000) => ({ executable: process.execPath, args: ['-e', script], timeoutMs })

describe('a command of the host', () => {
  it('gives what it printed, on both streams', async () => {
    const output = await runHostCommand(node('console.log("out"); console.error("err")'))
    match(output, /out/)
    match(output, /err/)
  })

  it('is given its arguments without a shell', async () => {
    const command = { executable: process.execPath, args: ['-p', 'process.argv[1]', '$HOME; `id`'], timeoutMs: 20_000 }
    equal(await runHostCommand(command), '$HOME; `id`')
  })

  it('sees none of our own variables', async () => {
    process.env['SLUICE_DB_PASSWORD'] = 'hidden'
    try {
      equal(await runHostCommand(node('console.log(Object.keys(process.env).filter((one) => /^SLUICE_/.test(one)).length)')), '0')
    } finally {
      delete process.env['SLUICE_DB_PASSWORD']
    }
  })

  it('keeps a bounded part of what it prints', async () => {
    const output = await runHostCommand(node('process.stdout.write("x".repeat(1000000))'))
    equal(output.length < 70_000, true)
    match(output, /… and 934464 bytes more$/)
  })

  it('fails with its code and its last words, or when it is not there', async () => {
    await rejects(runHostCommand(node('console.error("no space"); process.exit(3)')), {
      code: 'HOST_COMMAND_FAILED',
      message: /ended with code 3\. It printed: no space/,
    })
    await rejects(runHostCommand({ executable: '/no/such/command', args: [], timeoutMs: 1000 }), {
      code: 'HOST_COMMAND_FAILED',
      message: /ENOENT/,
    })
  })

  it('is ended when its time is over, and when the run is cancelled', async () => {
    await rejects(runHostCommand(node('setInterval(() => {}, 1000)', 300)), { code: 'HOST_COMMAND_TIMEOUT' })
    const cancel = new AbortController()
    const running = runHostCommand(node('setInterval(() => {}, 1000)'), cancel.signal)
    cancel.abort()
    await rejects(running, { code: 'CANCELED' })
    await rejects(runHostCommand(node(''), cancel.signal), { code: 'CANCELED' })
  })
})
