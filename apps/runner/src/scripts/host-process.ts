import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError } from '@sluice/base'
import type { RunTaskStep, StepShell } from '@sluice/contract'
import { wrapScript } from './script-files.ts'
import { readOutputs, type ScriptOutputs } from './script-outputs.ts'
import type { ScriptProcess, ScriptRequest } from './script-process.ts'

/**
 * Runs a script as a child of the runner, in a session of its own. Its text comes over an inherited descriptor, so it is on no disk and in
 * no argv; of the runner's environment it gets the search path and nothing else. Throws `SHELL_UNSUPPORTED`; its `exit` rejects with `SHELL_MISSING`.
 */
export function startOnHost(
  step: RunTaskStep,
  request: ScriptRequest,
  workDir: string,
): { readonly process: ScriptProcess; readonly readOutputs: () => ScriptOutputs } {
  const folder = join(workDir, 'scripts', request.stepRunId)
  const outputs = join(folder, 'outputs')
  const linesFile = join(folder, 'output')
  const workspace = join(workDir, 'workspace')
  for (const path of [outputs, workspace]) mkdirSync(path, { recursive: true, mode: 0o700 })
  const [program = '', ...args] = descriptorArgv(step.shell)
  const child = spawn(program, args, {
    cwd: workspace,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: workspace,
      ...Object.fromEntries([...request.environment].map(([name, value]) => [name, Buffer.from(value).toString('utf8')])),
      SLUICE_OUTPUT: linesFile,
    },
  })
  const script = child.stdio[3] as NodeJS.WritableStream
  script.on('error', () => {
    // A script that ends before it is read whole.
  })
  script.end(wrapScript(step.shell, request.command, step.outputVariables, outputs))
  const signal = (name: 'TERM' | 'KILL'): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, `SIG${name}`)
    } catch {
      // It has ended.
    }
  }
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', (cause) => {
      const message = `The program "${program}" could not be started where the runner runs.`
      reject(
        new AppError('failedPrecondition', 'SHELL_MISSING', message, { hint: 'Choose another shell, or install it.', cause }),
      )
    })
    child.on('exit', () => {
      // What it left in the background holds the pipes, and would outlive the step.
      signal('KILL')
    })
    child.on('close', (code, name) => resolve(code ?? 128 + (name === null ? 0 : constants.signals[name])))
  })
  return {
    process: {
      stdout: child.stdout as Readable,
      stderr: child.stderr as Readable,
      exit,
      signal,
      // Whoever ends the container ends the runner, which is its first process.
      wasTold: () => false,
      dispose: () => rmSync(folder, { recursive: true, force: true }),
    },
    readOutputs: () => readOutputs(outputs, linesFile, step.outputVariables),
  }
}

/** A program that runs the script which it reads from descriptor 3: a socket, so it has no path that could be opened. */
function descriptorArgv(shell: StepShell): string[] {
  switch (shell) {
    case 'Sh':
    case 'Bash':
      return [shell === 'Sh' ? 'sh' : 'bash', '-e', '-c', 'eval "$(cat <&3)"']
    case 'Python':
      return ['python3', '-c', 'import os; exec(compile(os.fdopen(3).read(), "command", "exec"))']
    default:
      throw new AppError('invalid', 'SHELL_UNSUPPORTED', `Scripts for ${shell} run in pods only.`, {
        hint: 'Give the step group a stepGroupInfra of type KubernetesDirect, or use Sh, Bash or Python.',
      })
  }
}
