import { spawn } from 'node:child_process'
import { AppError } from '@sluice/base'
import type { HostCommand } from '../plan.ts'
import { canceledError } from './cancellation.ts'

const outputBytesMax = 64 * 1024
const killAfterMs = 5000

/** Variables that a command must not see: ours, and the passwords that Liquibase's own variables may hold. */
const hiddenVariables = /^SLUICE_|^LIQUIBASE_.*(PASSWORD|LICENSE_KEY)/i

/**
 * Runs a command of an `executeCommand` change without a shell, with nothing on its stdin and without our own environment variables,
 * and gives what it printed (stdout and stderr, the first 64 KiB). Past its time, or when the signal is aborted, it and the
 * processes it started are ended, first politely.
 *
 * Throws `HOST_COMMAND_FAILED` when it cannot be started or ends with another code than 0, `HOST_COMMAND_TIMEOUT`, `CANCELED`.
 */
export async function runHostCommand(command: HostCommand, signal?: AbortSignal): Promise<string> {
  if (signal?.aborted === true) throw canceledError(signal.reason)
  const { executable, args, timeoutMs } = command
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hiddenVariables.test(name)))
  const child = spawn(executable, [...args], { shell: false, stdio: ['ignore', 'pipe', 'pipe'], env, detached: true })
  const printed: Buffer[] = []
  let bytes = 0
  const keep = (chunk: Buffer): void => {
    if (bytes < outputBytesMax) printed.push(chunk.subarray(0, outputBytesMax - bytes))
    bytes += chunk.length
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let stopped: 'timeout' | 'canceled' | undefined
  let killTimer: NodeJS.Timeout | undefined
  const stop = (why: 'timeout' | 'canceled'): void => {
    stopped ??= why
    endGroup(child.pid, 'SIGTERM')
    killTimer ??= setTimeout(() => {
      endGroup(child.pid, 'SIGKILL')
      // A process that left the group may still hold the pipes.
      child.stdout.destroy()
      child.stderr.destroy()
    }, killAfterMs)
  }
  const timer = setTimeout(() => stop('timeout'), timeoutMs)
  const onAbort = (): void => stop('canceled')
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const end = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, killedBy) => resolve({ code, signal: killedBy }))
    })
    const output = readOutput(printed, bytes)
    if (stopped === 'canceled') throw canceledError(signal?.reason)
    if (stopped === 'timeout') {
      throw new AppError('timeout', 'HOST_COMMAND_TIMEOUT', `The command "${executable}" ran for longer than ${timeoutMs} ms.`, {
        hint: 'It was ended and may have done a part of its work. "timeout" of the change sets another limit.',
      })
    }
    if (end.code === 0) return output
    const how = end.code === null ? `was ended by ${end.signal ?? 'a signal'}` : `ended with code ${end.code}`
    throw commandError(`The command "${executable}" ${how}.${output === '' ? '' : ` It printed: ${output.slice(-2000)}`}`)
  } catch (error) {
    if (error instanceof AppError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw commandError(`The command "${executable}" cannot be started: ${code ?? message}.`, error)
  } finally {
    clearTimeout(timer)
    clearTimeout(killTimer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function commandError(message: string, cause?: unknown): AppError {
  return new AppError('failedPrecondition', 'HOST_COMMAND_FAILED', message, {
    hint: 'It runs on the host that migrates, without a shell: look whether it is there, and what it needs.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function readOutput(printed: readonly Buffer[], bytes: number): string {
  const text = Buffer.concat(printed).toString('utf8').trimEnd()
  return bytes > outputBytesMax ? `${text}\n… and ${String(bytes - outputBytesMax)} bytes more` : text
}

/** The command leads a process group of its own, so that what it started ends with it. */
function endGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}
