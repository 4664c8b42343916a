import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { runProgram } from './program.ts'

interface Run {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

async function run(env: NodeJS.ProcessEnv, ...argv: string[]): Promise<Run> {
  let out = ''
  let err = ''
  const exitCode = await runProgram(argv, env, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    width: () => undefined,
  })
  return { exitCode, out, err }
}

/** A server that answers as the listener says, and the variables that lead to it. */
async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly env: NodeJS.ProcessEnv }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    env: { SLUICE_URL: `http://127.0.0.1:${String(port)}`, SLUICE_API_KEY: 'slk_test' },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('with --json a wrong command line is an error in JSON, and nothing else', async () => {
  for (const [argv, message] of [
    [['--json', 'nosuch'], /unknown command 'nosuch'/],
    [['execution', 'list', '--limit', '0', '--json'], /--limit <n>.*'0' is invalid/],
    [['execution', 'show', '--json'], /missing required argument 'execution'/],
    [['execution', '--json'], /A command is missing/],
  ] as const) {
    const { exitCode, out, err } = await run({}, ...argv)
    assert.equal(exitCode, 2, argv.join(' '))
    assert.equal(out, '')
    const { error } = JSON.parse(err) as { error: { kind: string; code: string; message: string } }
    assert.deepEqual([error.kind, error.code], ['invalid', 'COMMAND_LINE_INVALID'])
    assert.match(error.message, message)
  }
})

test('apply without a file says what is missing', async () => {
  const { exitCode, err } = await run({}, 'apply')
  assert.equal(exitCode, 2)
  assert.match(err, /which files to apply[\s\S]*sluice apply -f entities\//)
})

test('one problem of an answer is said once', async () => {
  const issue = { path: ['inputs'], message: 'The pipeline has no input "a".', hint: 'There are release.' }
  const error = {
    requestId: 'req_1',
    kind: 'invalid',
    code: 'INPUTS_INVALID',
    message: `It cannot run: ${issue.message}`,
    hint: issue.hint,
  }
  await using server = await serve((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { ...error, details: { issues: [{ ...issue, path: [] }] } } }))
  })
  const { exitCode, err } = await run(server.env, 'pipeline', 'run', 'deploy')
  assert.equal(exitCode, 2)
  assert.equal(err.split('has no input').length, 2, err)
  assert.equal(err.split('There are release.').length, 2, err)
})

test('who waits for an execution hears why its step groups wait', async () => {
  const at = '2026-01-01T00:00:00Z'
  const execution = (state: string, group: object): object => ({
    id: 'exe_1',
    sequence: 1,
    orgIdentifier: 'default',
    projectIdentifier: 'default',
    pipelineIdentifier: 'deploy',
    pipelineName: 'Deploy',
    state,
    cancelRequested: false,
    triggeredBy: 'ada',
    startedAt: at,
    dbInstances: [],
    stepCounts: {},
    version: 1,
    inputs: {},
    notes: [],
    stages: [{ identifier: 's', name: 'S', state, nodes: [group] }],
  })
  const step = { kind: 'step', stepRunId: 'step_1', identifier: 'x', name: 'X', path: 's/g/x', type: 'Run', state: 'Pending' }
  const group = { kind: 'stepGroup', groupId: 'group_1', identifier: 'g', name: 'G', implicit: false, nodes: [step] }
  const attempt = { attemptId: 'att_1', number: 1, state: 'accepted', delegateName: 'dc1', contact: 'ok' }
  const placing = { ...attempt, waitingFor: 'The image "a/b" is pulled.', waitingHint: 'Look at the registry.' }
  let tell: (event: string, view: object) => void = () => {}
  await using server = await serve((request, response) => {
    if (request.url?.endsWith('/events') === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      tell = (event, view) => response.write(`event: ${event}\ndata: ${JSON.stringify(view)}\n\n`)
      tell('execution', execution('Running', { ...group, state: 'Queued' }))
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    if (request.method === 'POST') return void response.end(JSON.stringify(execution('Running', { ...group, state: 'Queued' })))
    const task = { taskId: 'task_1', groupPath: 's/g', state: 'queued', queuedForMs: 3000, selectors: ['eu'] }
    const delegates = [{ name: 'dc1', fits: false, reasons: ['It lacks the tag "eu".', 'It is draining.'] }]
    response.end(JSON.stringify({ tasks: [{ ...task, delegates, message: 'The only delegate, "dc1", cannot take it.' }] }))
    tell('execution', execution('Running', { ...group, state: 'Running', attempt: placing }))
    tell('execution', execution('Cancelled', { ...group, state: 'Cancelled', attempt }))
  })
  const { exitCode, err } = await run(server.env, 'pipeline', 'run', 'deploy', '--wait')
  assert.equal(exitCode, 130, err)
  assert.match(
    err,
    /s\/g: queued for .*The only delegate, "dc1", cannot take it\.[\s\S]*dc1: It lacks the tag "eu"\. It is draining\./,
  )
  assert.match(err, /s\/g {2}waiting: The image "a\/b" is pulled\.\n *Look at the registry\./)
})

test('an enrolment token is the whole answer, and what to do with it stands beside it', async () => {
  const token = { id: 'enr_1', scope: {}, expiresAt: '2026-01-01T00:00:00Z', usesLeft: 2, approve: false, token: 'sle_x' }
  await using server = await serve((_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...token, createdAt: '2026-01-01T00:00:00Z' }))
  })
  const { exitCode, out, err } = await run(server.env, 'delegate', 'token', '--uses', '2')
  assert.deepEqual([exitCode, out], [0, 'sle_x\n'])
  assert.match(err, /2 enrolments until/)
  assert.ok(err.includes(`--server ${String(server.env['SLUICE_URL'])} --name NAME`), err)
})
