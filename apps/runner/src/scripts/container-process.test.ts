import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { systemClock } from '@sluice/base'
import type { RunTaskStep } from '@sluice/contract'
import { requireOrSkip, waitFor } from '@sluice/testkit'
import { openTestContainer, skipWithoutBusybox, type TestContainer } from '../testing/test-container.ts'
import { endContainer, startInContainer } from './container-process.ts'
import type { ScriptOutputs } from './script-outputs.ts'

interface ScriptRun {
  readonly command: string
  readonly shell?: RunTaskStep['shell']
  readonly environment?: Readonly<Record<string, string>>
  readonly outputs?: readonly string[]
  readonly stepRunId?: string
}

async function begin(
  container: TestContainer,
  { command, shell = 'Sh', environment = {}, outputs = [], stepRunId = 's1' }: ScriptRun,
) {
  const step: RunTaskStep = {
    kind: 'run',
    stepRunId,
    path: 'a/b',
    type: 'Run',
    timeoutMs: 60_000,
    shell,
    container: 'c1',
    slots: [],
    refs: {},
    outputVariables: outputs.map((name) => ({ name, type: 'String', variable: name })),
  }
  const request = {
    stepRunId,
    signal: AbortSignal.timeout(20_000),
    environment: new Map(Object.entries(environment).map(([name, value]) => [name, Buffer.from(value)])),
    command: Buffer.from(command),
  }
  const started = await startInContainer(step, request, container.place, systemClock)
  const texts = { out: collect(started.process.stdout), err: collect(started.process.stderr) }
  return { ...started, texts }
}

function collect(stream: Readable): { text: string } {
  const kept = { text: '' }
  stream.on('data', (chunk: Buffer) => (kept.text += chunk.toString('latin1')))
  return kept
}

async function run(
  container: TestContainer,
  script: ScriptRun,
): Promise<{ code: number; out: string; err: string; outputs: ScriptOutputs }> {
  const started = await begin(container, script)
  const code = await started.process.exit
  const outputs = started.readOutputs()
  started.process.dispose()
  return { code, out: started.texts.out.text, err: started.texts.err.text, outputs }
}

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
const skipWithoutUnshare = skipWithoutBusybox || requireOrSkip('unshare --pid (root)', canUnshare)

describe('a step container', { skip: skipWithoutBusybox }, () => {
  it('starts nothing before the runner says go', async (t) => {
    const container = openTestContainer(t)
    await waitFor(() => existsSync(join(container.place.ctl, 'ready')), { timeoutMs: 5000 })
    deepEqual(readdirSync(container.place.ctl).toSorted(), ['ready', 'start'])
    const { process, texts } = await begin(container, { command: 'echo ran >"$PWD/mark"' })
    await process.exit
    equal(texts.err.text, '')
    ok(existsSync(join(container.folder, 'workspace', 'mark')))
  })

  it('gives exit codes, both streams whole, and any byte', async (t) => {
    const container = openTestContainer(t)
    const { code, out, err } = await run(container, { command: `printf 'a\\000b\\377\\n'; echo problem >&2; exit 3` })
    equal(code, 3)
    equal(out, 'a\0b\xff\n')
    equal(err, 'problem\n')
    equal((await run(container, { command: 'true', stepRunId: 's2' })).code, 0)
  })

  it('passes values that hold quotes, line breaks and expressions of the shell as they are', async (t) => {
    const container = openTestContainer(t)
    const value = `it's "quoted" $HOME \`id\` $(id)\n\\ second line '`
    const { out, code } = await run(container, { command: 'printf %s "$VALUE"', environment: { VALUE: value } })
    equal(code, 0)
    equal(out, value)
  })

  it('shows values in no command line, and keeps none once the step is over', async (t) => {
    const container = openTestContainer(t)
    const secret = 'canary-5e0c1'
    const started = await begin(container, {
      command: `tr '\\0' ' ' </proc/$$/cmdline; tr '\\0' ' ' </proc/$PPID/cmdline; : ${secret}`,
      environment: { TOKEN: secret },
    })
    equal(await started.process.exit, 0)
    ok(!started.texts.out.text.includes(secret), started.texts.out.text)
    started.process.dispose()
    deepEqual(readdirSync(container.place.secrets), [])
  })

  it('runs several steps one after another, and ends when told to', async (t) => {
    const container = openTestContainer(t)
    for (const stepRunId of ['s1', 's2', 's3'])
      equal((await run(container, { command: `echo ${stepRunId}`, stepRunId })).out, `${stepRunId}\n`)
    endContainer(container.place)
    equal(await container.ended, 0)
  })

  it('never starts a step twice', async (t) => {
    const container = openTestContainer(t)
    await run(container, { command: 'echo once >>"$PWD/count"' })
    writeFileSync(join(container.place.ctl, 'start'), 's1\n')
    equal(await container.ended, 75)
    equal(readFileSync(join(container.folder, 'workspace', 'count'), 'utf8'), 'once\n')
  })

  it('stops the whole process group on TERM, and kills what ignores it', async (t) => {
    const container = openTestContainer(t)
    const polite = await begin(container, { command: `trap 'echo stopping; exit 7' TERM; echo up; while :; do sleep 0.05; done` })
    await waitFor(() => polite.texts.out.text.includes('up'), { timeoutMs: 5000 })
    polite.process.signal('TERM')
    equal(await polite.process.exit, 7)
    match(polite.texts.out.text, /stopping/)
    const stubborn = await begin(container, { command: `trap '' TERM; echo up; while :; do sleep 0.05; done`, stepRunId: 's2' })
    await waitFor(() => stubborn.texts.out.text.includes('up'), { timeoutMs: 5000 })
    stubborn.process.signal('TERM')
    stubborn.process.signal('KILL')
    equal(await stubborn.process.exit, 137)
  })

  it('passes a signal to the container on to the step, and reports how that ended', async (t) => {
    const container = openTestContainer(t)
    const started = await begin(container, { command: `trap 'echo told; exit 9' TERM; echo up; while :; do sleep 0.05; done` })
    await waitFor(() => started.texts.out.text.includes('up'), { timeoutMs: 5000 })
    container.child.kill('SIGTERM')
    equal(await started.process.exit, 9)
    match(started.texts.out.text, /told/)
  })

  it('remembers that the container was told to end while a step ran, whatever the step makes of it', async (t) => {
    const container = openTestContainer(t)
    const untold = await begin(container, { command: 'exit 0' })
    equal(await untold.process.exit, 0)
    equal(untold.process.wasTold(), false)
    untold.process.dispose()
    const told = await begin(container, {
      command: `trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`,
      stepRunId: 's2',
    })
    await waitFor(() => told.texts.out.text.includes('up'), { timeoutMs: 5000 })
    container.child.kill('SIGTERM')
    equal(await told.process.exit, 0)
    equal(told.process.wasTold(), true)
    told.process.dispose()
    // The runner's own signal is no such word.
    const asked = await begin(container, {
      command: `trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`,
      stepRunId: 's3',
    })
    await waitFor(() => asked.texts.out.text.includes('up'), { timeoutMs: 5000 })
    asked.process.signal('TERM')
    equal(await asked.process.exit, 0)
    equal(asked.process.wasTold(), false)
  })

  it('ends at a signal while no step runs', async (t) => {
    const container = openTestContainer(t)
    await waitFor(() => existsSync(join(container.place.ctl, 'ready')), { timeoutMs: 5000 })
    container.child.kill('SIGTERM')
    ok([143, 'SIGTERM'].includes(await container.ended))
  })

  it('that ended before the step began is called gone', async (t) => {
    const container = openTestContainer(t)
    await waitFor(() => existsSync(join(container.place.ctl, 'ready')), { timeoutMs: 5000 })
    container.child.kill('SIGKILL')
    await container.ended
    await rejects(begin(container, { command: 'true' }), { code: 'STEP_CONTAINER_GONE' })
  })

  it('lets a step go on whose reader has gone', async (t) => {
    const container = openTestContainer(t)
    const { process } = await begin(container, {
      command: 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.05; done; echo done >"$PWD/mark"',
    })
    process.stdout.destroy()
    process.stderr.destroy()
    await waitFor(() => existsSync(join(container.folder, 'workspace', 'mark')), { timeoutMs: 5000 })
    equal(await process.exit, 0)
  })

  it('prefers the image’s programs to those of busybox, and says which one is missing', async (t) => {
    const container = openTestContainer(t)
    const programs = join(container.folder, 'image')
    mkdirSync(programs)
    writeFileSync(join(programs, 'sh'), '#!/bin/sh\necho the image’s own shell\n')
    chmodSync(join(programs, 'sh'), 0o755)
    match((await run(container, { command: 'echo ours', environment: { PATH: programs } })).out, /own shell/)
    const none = await run(container, { command: 'echo x', shell: 'Bash', environment: { PATH: programs }, stepRunId: 's2' })
    equal(none.code, 127)
    match(none.err, /no program "bash"/)
  })

  it('runs the script with busybox where the image has no shell', async (t) => {
    const container = openTestContainer(t)
    const { out, code } = await run(container, { command: 'echo "no shell but $((1 + 1))"', environment: { PATH: '/nowhere' } })
    equal(code, 0)
    equal(out, 'no shell but 2\n')
  })

  it('collects shell variables, lines of the output file, and nothing that was not declared', async (t) => {
    const container = openTestContainer(t)
    const { outputs } = await run(container, {
      command: `plain="two
lines"; hidden=x; echo 'named=from=file' >>"$SLUICE_OUTPUT"; echo other=1 >>"$SLUICE_OUTPUT"; false`,
      outputs: ['plain', 'named', 'missing'],
    })
    deepEqual(
      [...outputs].map(([name, value]) => [name, value.toString()]),
      [
        ['plain', 'two\nlines'],
        ['named', 'from=file'],
      ],
    )
  })

  it('refuses outputs larger than 64 KiB', async (t) => {
    const container = openTestContainer(t)
    await rejects(run(container, { command: 'big=$(head -c 70000 /dev/zero | tr "\\0" x)', outputs: ['big'] }), {
      code: 'OUTPUTS_TOO_LARGE',
    })
  })

  it('reads nothing through a link that a step has put in the place of its files', async (t) => {
    const container = openTestContainer(t)
    writeFileSync(join(container.folder, 'runner-secret'), 'not-for-steps')
    mkdirSync(join(container.folder, 'runner'))
    writeFileSync(join(container.folder, 'runner', 'a'), 'not-for-steps')
    const { outputs } = await run(container, {
      command: `cd "$SLUICE_STEP_FOLDER"; rm -rf outputs; ln -s ${container.folder}/runner outputs; ln -s ${container.folder}/runner-secret output; trap - EXIT`,
      outputs: ['a'],
    })
    deepEqual([...outputs], [])
    symlinkSync(join(container.folder, 'runner'), join(container.place.ctl, 's2'))
    await rejects(begin(container, { command: 'true', stepRunId: 's2' }), /EEXIST/)
  })

  it('says that the container ended when it does without a word', async (t) => {
    const container = openTestContainer(t)
    const started = await begin(container, { command: 'echo up; exec sleep 60' })
    await waitFor(() => started.texts.out.text.includes('up'), { timeoutMs: 5000 })
    const { pid } = container.child
    // What a container's out-of-memory kill does: everything in it at once.
    for (const child of descendants(pid ?? 0)) process.kill(child, 'SIGKILL')
    await rejects(started.process.exit, { code: 'STEP_CONTAINER_GONE' })
  })

  it(
    'as PID 1 ends and reaps whatever a step leaves behind, whatever session it is in',
    { skip: skipWithoutUnshare },
    async (t) => {
      const container = openTestContainer(t, { asPid1: true })
      const first = await run(container, {
        command: 'setsid sleep 300 & setsid sh -c "sleep 300 & sleep 300" & echo left',
        stepRunId: 's1',
      })
      equal(first.code, 0)
      const { out } = await run(container, { command: 'ps -o pid,args | grep -c "[s]leep 300" || :', stepRunId: 's2' })
      equal(out.trim(), '0')
      const killed = await run(container, { command: 'kill -KILL $$', stepRunId: 's3' })
      equal(killed.code, 137)
    },
  )
})

/** A process and everything below it. */
function descendants(pid: number): number[] {
  const list = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n')
  const pairs = list.map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  const found = [pid]
  for (let index = 0; index < found.length; index++) {
    for (const [child, parent] of pairs) if (parent === found[index]) found.push(child)
  }
  return found
}
