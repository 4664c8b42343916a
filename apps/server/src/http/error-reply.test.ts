import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '@sluice/base'
import { errorBody, statusOfKind } from '@sluice/contract'
import { toErrorAnswer } from './error-reply.ts'
import { HttpError } from './http-error.ts'

const withCode = (code: string, message = 'secret detail'): Error => Object.assign(new Error(message), { code })

describe('error answers', () => {
  for (const [kind, status] of Object.entries(statusOfKind)) {
    it(`${kind} is ${String(status)}`, () => {
      const answer = toErrorAnswer(new AppError(kind as 'invalid', 'SOME_CODE', 'What happened.', { hint: 'Do this.' }), 'req_1')
      assert.equal(answer.status, status)
      errorBody.parse(answer.body)
      assert.equal(answer.body.error.requestId, 'req_1')
      assert.equal(answer.body.error.message, kind === 'internal' ? 'Internal error.' : 'What happened.')
    })
  }

  it('a database that is away is 503 and worth a retry, without its words', () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '53300', '08006', '40001']) {
      const { status, headers, body } = toErrorAnswer(withCode(code), 'req_1')
      assert.equal(status, 503, code)
      assert.equal(headers['retry-after'], '1')
      assert.equal(body.error.code, 'DATABASE_UNAVAILABLE')
      assert.doesNotMatch(JSON.stringify(body), /secret detail/)
    }
  })

  it('anything unknown is an internal error without its words', () => {
    for (const thrown of [withCode('23505'), new TypeError('secret detail'), 'secret detail', undefined, { secret: 'detail' }]) {
      const { status, body } = toErrorAnswer(thrown, 'req_1')
      assert.equal(status, 500)
      assert.doesNotMatch(JSON.stringify(body), /secret|detail/)
    }
  })

  it('a more specific status and its headers win', () => {
    const error = new HttpError(423, 'conflict', 'TARGET_LOCKED', 'Taken.', {
      headers: { 'retry-after': '3' },
      details: { holder: 'x' },
    })
    const { status, headers, body } = toErrorAnswer(error, 'req_1')
    assert.equal(status, 423)
    assert.deepEqual(headers, { 'retry-after': '3' })
    assert.deepEqual(body.error.details, { holder: 'x' })
  })
})
