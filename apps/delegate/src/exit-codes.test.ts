import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '@sluice/base'
import { exitCodeOf } from './exit-codes.ts'
import { createLogMasks } from './log-masks.ts'
import { createLogger } from './logging.ts'

test('a supervisor starts a delegate again only where that can help', () => {
  for (const [kind, code, exitCode] of [
    ['unavailable', 'SERVER_UNREACHABLE', 1],
    ['internal', 'INTERNAL', 1],
    ['failedPrecondition', 'RELAY_FOLDER_FOREIGN', 2],
    ['invalid', 'POLICY_INVALID', 2],
    ['unauthenticated', 'ENROLMENT_TOKEN_INVALID', 3],
    ['conflict', 'DELEGATE_NAME_TAKEN', 3],
    ['failedPrecondition', 'PROTOCOL_TOO_OLD', 3],
    ['conflict', 'DATA_FOLDER_IN_USE', 5],
  ] as const)
    assert.equal(exitCodeOf(new AppError(kind, code, 'x')), exitCode, code)
})

test('the log has stacks of what nobody expected, and of nothing else', () => {
  const lines: string[] = []
  const logger = createLogger('info', createLogMasks(), (line) => void lines.push(line))
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect', code: 'ECONNREFUSED' })
  logger.warn({ error: new AppError('unavailable', 'SERVER_UNREACHABLE', 'Away.', { cause: refused }) }, 'once more')
  logger.error({ error: new AppError('internal', 'INTERNAL', 'A bug.', { cause: new TypeError('x') }) }, 'a bug')
  const [expected = '', unexpected = ''] = lines
  assert.match(expected, /SERVER_UNREACHABLE.*ECONNREFUSED/)
  assert.doesNotMatch(expected, /"stack"/)
  assert.equal(unexpected.split('"stack"').length, 3)
})
