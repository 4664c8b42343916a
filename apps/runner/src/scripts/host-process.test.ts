import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunTaskStep } from '@sluice/contract'
import fc from 'fast-check'
import { waitFor } from '@sluice/testkit'
import { startOnHost } from './host-process.ts'
import { createArgvFile, createEnvironmentFile, quoteForShell, scriptArgv, wrapScript } from './script-files.ts'

interface HostRun {
  readonly shell?: RunTaskStep['shell']
  readonly environment?: Readonly<Record<string, string>>
  readonly outputs?: readonly string[]
}

function begin(
  scope: { after(work: () => void): void },
  command: string,
  { shell = 'Sh', environment = {}, outputs = [] }: HostRun = {},
) {
  const workDir = mkdtempSync(join(tmpdir(), 'sluice-host-'))
  scope.after(() => rmSync(workDir, { recursive: true, force: true }))
  const step: RunTaskStep = {
    kind: 'run',
    stepRunId: 's1',
    path: 'a/b',
    type: 'Run',
    timeoutMs: 60_000,
    shell,
    slots: [],
    refs: {},
    outputVariables: outputs.map((name) => ({ name, type: 'String', variable: name })),
  }
  const started = startOnHost(
    step,
    {
      stepRunId: 's1',
      signal: AbortSignal.timeout(20_000),
      environment: new Map(Object.entries(environment).map(([name, value]) => [name, Buffer.from(value)])),
      command: Buffer.from(command),
    },
    workDir,
  )
  const texts = { out: '', err: '' }
  started.process.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()))
  started.process.stderr.on('data', (chunk: Buffer) => (texts.err += chunk.toString()))
  return { ...started, texts, workDir }
}

describe('a script on the host', () => {
  it('gives its exit code, streams and outputs, and stops at the first command that fails', async (t) => {
    const {
      process: script,
      texts,
      readOutputs,
    } = begin(t, 'NAME="a b"; echo out; echo err >&2; false; echo never', { outputs: ['NAME'] })
    equal(await script.exit, 1)
    deepEqual(texts, { out: 'out\n', err: 'err\n' })
    equal(readOutputs().get('NAME')?.toString(), 'a b')
  })

  it('gets nothing of the runner’s environment, and its text is in no command line and in no file', async (t) => {
    process.env['SLUICE_ATTEMPT_TOKEN_FILE'] = '/x'
    t.after(() => delete process.env['SLUICE_ATTEMPT_TOKEN_FILE'])
    const {
      process: script,
      texts,
      workDir,
    } = begin(t, `env; tr '\\0' ' ' </proc/$$/cmdline; grep -r marker-31 "$PWD/.." || echo clean; : marker-31`, {
      environment: { GIVEN: '1' },
    })
    equal(await script.exit, 0)
    match(texts.out, /GIVEN=1/)
    ok(!/SLUICE_(?!OUTPUT)/.test(texts.out), texts.out)
    match(texts.out, /clean/)
    ok(workDir !== '')
  })

  it('is stopped with all that it started', async (t) => {
    const { process: script, texts } = begin(t, 'sleep 300 & echo "$!"; wait')
    await waitFor(() => texts.out.includes('\n'), { timeoutMs: 5000 })
    script.signal('TERM')
    equal(await script.exit, 143)
    const child = Number(texts.out)
    await waitFor(() => hasEnded(child), { timeoutMs: 5000 })
  })

  it('does not outlive itself in the background', async (t) => {
    const { process: script, texts } = begin(t, 'sleep 300 & echo "$!"')
    equal(await script.exit, 0)
    const child = Number(texts.out)
    await waitFor(() => hasEnded(child), { timeoutMs: 5000 })
  })

  it('runs Python, with its variables as outputs', async (t) => {
    const {
      process: script,
      readOutputs,
      texts,
    } = begin(t, 'import os\nvalue = 6 * 7\nprint(os.getcwd() != "")', { shell: 'Python', outputs: ['value'] })
    equal(await script.exit, 0, texts.err)
    equal(readOutputs().get('value')?.toString(), '42')
  })

  it('says which shell is not there', async (t) => {
    const path = process.env['PATH']
    process.env['PATH'] = '/nowhere'
    t.after(() => (process.env['PATH'] = path))
    const { process: script } = begin(t, 'x', { shell: 'Python' })
    await rejects(script.exit, { code: 'SHELL_MISSING' })
    throws(() => begin(t, 'x', { shell: 'Pwsh' }), { code: 'SHELL_UNSUPPORTED' })
  })
})

describe('files for a shell', () => {
  it('hold any value so that the shell reads it back as it was', () => {
    // What single quotes mean in POSIX: everything but a single quote stands for itself.
    const unquote = (text: Buffer): string => text.toString('latin1').slice(1, -1).replaceAll(`'\\''`, `'`)
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const quoted = quoteForShell(bytes)
        equal(unquote(quoted), Buffer.from(bytes).toString('latin1'))
      }),
    )
    equal(createEnvironmentFile(new Map([['A', Buffer.from("it's")]])).toString(), `export A='it'\\''s'\n`)
    equal(createArgvFile(scriptArgv('Bash', '/x y')).toString(), `set -- 'bash' '-e' '/x y'\n`)
  })

  it('leave a script without outputs as it is', () => {
    equal(wrapScript('Sh', Buffer.from('ls'), [], '/o').toString(), 'ls')
    match(
      wrapScript('Sh', Buffer.from('ls'), [{ name: 'A', type: 'String', variable: 'B' }], '/o').toString(),
      /^[^\n]*"\$B" >"\/o\/A"[^\n]*\nls$/,
    )
  })
})

function hasEnded(pid: number): boolean {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8').includes(') Z ')
  } catch {
    return true
  }
}
