import { AppError, type Logger } from '@sluice/base'
import { pino } from 'pino'
import type { LogLevel } from './config.ts'
import type { LogMasks } from './log-masks.ts'

/** Fields that must not reach a log even when somebody passes a whole object. */
const secretFields = [
  'authorization',
  'password',
  'token',
  'accessToken',
  'attemptToken',
  'privateKey',
  'secret',
  'value',
  'values',
  'body',
]

/** The process's logger: JSON lines, each line masked as a whole before it is written. */
export function createLogger(level: LogLevel, masks: LogMasks, write: (line: string) => void = writeToStandardOutput): Logger {
  const paths = secretFields.flatMap((field) => [field, `*.${field}`])
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[redacted]' },
      serializers: { error: serializeError },
    },
    {
      write: (line: string) => {
        write(masks.maskText(line))
      },
    },
  )
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  }
}

function writeToStandardOutput(line: string): void {
  process.stdout.write(line)
}

/**
 * An error with its causes, without the properties that libraries hang onto it (requests, options). Stacks are for what nobody expected: a
 * control plane that is away for an hour is told by a line each time, not by a page.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const { code, hint } = error as { code?: unknown; hint?: unknown }
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(isExpected(error) ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  }
}

/** A failure that says what it is: one of ours, or the operating system's answer to a call. */
function isExpected(error: Error): boolean {
  return (error instanceof AppError && error.kind !== 'internal') || 'syscall' in error
}
