import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'

// A runner without an engine: speaks the protocol through the relay and does what the task's groupPath says.

interface Behaviour {
  /** Ends with this code at once, without completing. */
  readonly exitCode?: number
  /** Lists a permit as open. */
  readonly permitOpen?: boolean
  /** Does not end when asked to. */
  readonly stubborn?: boolean
  /** Written to its log's spool, and not sent. */
  readonly logs?: string
  /** Writes its first value to its diagnostics, as a careless runner would. */
  readonly isCareless?: boolean
}

const folder = process.env['SLUICE_ATTEMPT_DIR'] ?? ''
const socketPath = (process.env['SLUICE_RELAY'] ?? '').slice('unix:'.length)
const token = readFileSync(process.env['SLUICE_ATTEMPT_TOKEN_FILE'] ?? '', 'utf8')
const task = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as {
  attemptId: string
  epoch: number
  groupPath: string
}
const behaviour = JSON.parse(task.groupPath) as Behaviour

const values = JSON.parse(readFileSync(3, 'utf8')) as Record<string, string>
process.on('SIGTERM', () => {
  if (behaviour.stubborn !== true) process.exit(143)
})
if (behaviour.permitOpen === true) writeFileSync(join(folder, 'permits.json'), '{"open":["stp_1"]}')
if (behaviour.isCareless === true)
  process.stderr.write(`the password is ${Buffer.from(values['s1'] ?? '', 'base64').toString()}\n`)
const hashes = Object.entries(values).map(([slot, text]) => [
  slot,
  createHash('sha256').update(Buffer.from(text, 'base64')).digest('hex'),
])
writeFileSync(join(folder, 'received.json.new'), JSON.stringify(Object.fromEntries(hashes)))
renameSync(join(folder, 'received.json.new'), join(folder, 'received.json'))
if (behaviour.logs !== undefined) {
  mkdirSync(join(folder, 'spool'), { recursive: true })
  writeFileSync(join(folder, 'spool', 'stp_1'), behaviour.logs)
}
if (behaviour.exitCode !== undefined) process.exit(behaviour.exitCode)

const common = { epoch: task.epoch, bootId: `boot_${process.pid}` }
await call('events', { ...common, source: 'runner', events: [{ seq: 1, event: { type: 'step.started', stepRunId: 'stp_1' } }] })
for (;;) {
  const { done } = (await call('next', { ...common, running: [] })) as { done: boolean }
  if (done) break
}
await call('complete', { ...common, steps: [] })
writeFileSync(join(folder, 'exit.json'), '{"exitCode":0}')
process.exit(0)

/** Calls through the relay until there is a good answer. */
async function call(name: string, body: object): Promise<unknown> {
  for (;;) {
    const answer = await send(name, body)
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function send(name: string, body: object): Promise<unknown> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        socketPath,
        method: 'POST',
        path: `/api/delegate/v1/attempts/${task.attemptId}/${name}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      },
      (incoming) => {
        let text = ''
        incoming.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        incoming.on('end', () => {
          resolve(incoming.statusCode === 200 ? JSON.parse(text) : undefined)
        })
        incoming.on('error', () => {
          resolve(undefined)
        })
      },
    )
    outgoing.on('error', () => {
      resolve(undefined)
    })
    outgoing.end(JSON.stringify(body))
  })
}
