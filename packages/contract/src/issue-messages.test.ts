import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import './index.ts'

test('what is wrong with a value is said in words', () => {
  const schema = z.object({
    name: z.string().min(3),
    limit: z.number().int().min(1).max(500),
    role: z.enum(['viewer', 'admin']),
    list: z.array(z.string()).min(1),
  })
  const say = (value: unknown): Record<string, string> =>
    Object.fromEntries(schema.safeParse(value).error?.issues.map(({ path, message }) => [path.join('.'), message]) ?? [])
  assert.deepEqual(say({}), {
    name: 'It is missing.',
    limit: 'It is missing.',
    role: 'It is missing; it can be viewer, admin.',
    list: 'It is missing.',
  })
  assert.deepEqual(say({ name: 'a', limit: 0, role: 'root', list: [] }), {
    name: 'It has to have at least 3 characters.',
    limit: 'It has to be at least 1.',
    role: 'It has to be one of viewer, admin.',
    list: 'It has to have at least 1 entry.',
  })
  assert.deepEqual(say({ name: 5, limit: 1.5, role: 'admin', list: 'x' }), {
    name: 'It has to be a text, not a number.',
    limit: 'It has to be a whole number.',
    list: 'It has to be a list, not a text.',
  })
  assert.deepEqual(say([]), { '': 'It has to be an object, not a list.' })
  assert.deepEqual(say({ name: 'abc', limit: 501, role: 'admin', list: ['x'] }), { limit: 'It has to be at most 500.' })
  const choice = z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })])
  assert.equal(choice.safeParse({ kind: 'c' }).error?.issues[0]?.message, 'It has to be one of a, b.')
  const strict = z.strictObject({ a: z.string().optional() })
  assert.equal(strict.safeParse({ b: 1 }).error?.issues[0]?.message, 'The field "b" is not known here.')
})
