import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type Timings, timingsFromScale } from '@sluice/base'
import { type TaskSpec, taskSpec } from '@sluice/contract'

/** What the executor hands to a runner: places and the task, nothing secret. */
export interface RunnerConfig {
  readonly attemptDir: string
  /** `unix:/path` of the delegate's relay, or an https origin. */
  readonly relay: string
  readonly attemptToken: string
  readonly task: TaskSpec
  readonly timings: Timings
  /** The SHA-256 of the relay's public key, where the relay speaks TLS. */
  readonly relayPin: string | undefined
  /** Where the values come from: an inherited descriptor, a folder with a file per slot, or a ticket for the relay. */
  readonly slotsDir: string | undefined
  readonly ticketFile: string | undefined
  /** In a pod with step containers: where their volumes are. */
  readonly containersDir: string | undefined
  /** How a step container sees its own volumes. */
  readonly containerRoot: string
  /** The delegate's policy lets changelogs run commands on its host (`executeCommand`). */
  readonly allowCommands: boolean
}

/**
 * Reads the runner's environment and task file. Throws `AppError` naming the variable or file that is missing or broken.
 */
export function readRunnerConfig(env: Readonly<Record<string, string | undefined>>): RunnerConfig {
  const attemptDir = required(env, 'SLUICE_ATTEMPT_DIR')
  const taskFile = optional(env, 'SLUICE_TASK_FILE') ?? join(attemptDir, 'task.json')
  const parsed = taskSpec.safeParse(JSON.parse(readText(taskFile)))
  if (!parsed.success) {
    throw new AppError('invalid', 'TASK_NOT_UNDERSTOOD', `The task in "${taskFile}" is not one that this runner understands.`, {
      hint: 'Delegate and runner should be of the same version.',
      cause: parsed.error,
    })
  }
  return {
    attemptDir,
    relay: required(env, 'SLUICE_RELAY'),
    attemptToken: readText(required(env, 'SLUICE_ATTEMPT_TOKEN_FILE')).trim(),
    task: parsed.data,
    timings: timingsFromScale(env['SLUICE_TIME_SCALE']),
    relayPin: optional(env, 'SLUICE_RELAY_PIN'),
    slotsDir: optional(env, 'SLUICE_SLOTS_DIR'),
    ticketFile: optional(env, 'SLUICE_SECRET_TICKET_FILE'),
    containersDir: optional(env, 'SLUICE_CONTAINERS_DIR'),
    containerRoot: '/sluice',
    allowCommands: env['SLUICE_ALLOW_COMMANDS'] === '1',
  }
}

function optional(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name]
  return value === '' ? undefined : value
}

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') {
    throw new AppError('invalid', 'RUNNER_ENVIRONMENT', `The environment variable ${name} is missing.`, {
      hint: 'A runner is started by a delegate, not by hand.',
    })
  }
  return value
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('invalid', 'RUNNER_ENVIRONMENT', `The file "${file}" cannot be read.`, { cause })
  }
}
