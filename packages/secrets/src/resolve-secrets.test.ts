import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '@sluice/base'
import { createKeyPair, sealSecret } from '@sluice/sealing'
import type { SealedSecret } from '@sluice/sealing'
import { createProviders, createSealedProvider, defaultPolicy, resolveSecrets, SecretsError } from './index.ts'
import type { DelegatePolicy, SecretProvider, SecretReference } from './index.ts'

const scope = { org: 'default', project: 'shop' }
const keyPair = await createKeyPair()
const target = 'postgresql://db.example.com:5432/shop'
const place = { scope, secretId: 'db_password', version: 2 }
const seal = (allowedTargets: string[]): Promise<SealedSecret> =>
  sealSecret({ ...place, value: new TextEncoder().encode('hunter2-hunter2'), allowedTargets, recipients: [keyPair] })
const sealedReference = (record: unknown, more: Partial<SecretReference> = {}): SecretReference => ({
  slot: 'sealed',
  ...place,
  type: 'SecretText',
  source: { kind: 'sealed', record },
  use: 'databasePassword',
  audience: target,
  ...more,
})
const envReference = (slot: string, variable: string): SecretReference => ({
  ...sealedReference({}),
  slot,
  secretId: `env_${slot}`,
  source: { kind: 'env', variable },
})
const envPolicy: DelegatePolicy = { ...defaultPolicy, secrets: { env: [{ name: '*' }] } }
const environment = { PASSWORD: 'from-environment', EMPTY: '' }
const providers = createProviders({ policy: envPolicy, keyPairs: [keyPair], environment })

async function failure(action: Promise<unknown>): Promise<SecretsError> {
  let caught: unknown
  await assert.rejects(action, (error) => {
    caught = error
    return true
  })
  assert.ok(caught instanceof SecretsError, String(caught))
  const everything = JSON.stringify([caught.message, caught.hint, caught.problems])
  assert.ok(!everything.includes('hunter2') && !everything.includes('from-environment'), 'values stay out of errors')
  return caught
}
const codes = (error: SecretsError): string[] => error.problems.map((problem) => `${problem.slot} ${problem.code}`)

void test('values of several providers come back by slot', async () => {
  const references = [sealedReference(await seal([target])), envReference('env', 'PASSWORD')]
  const values = await resolveSecrets(references, providers, envPolicy, { scope })
  assert.deepEqual(
    [...values].map(([slot, value]) => [slot, Buffer.from(value).toString()]),
    [
      ['sealed', 'hunter2-hunter2'],
      ['env', 'from-environment'],
    ],
  )
  assert.equal((await resolveSecrets([], providers, envPolicy, { scope })).size, 0)
})

void test('the policy is asked first: nothing is fetched when one reference is refused', async () => {
  let fetched = 0
  const counting: SecretProvider = {
    kind: 'env',
    resolve: async () => {
      fetched += 1
      return new Uint8Array()
    },
  }
  const policy = { ...defaultPolicy, secrets: { env: [{ name: 'GOOD' }] } }
  const references = [envReference('a', 'GOOD'), envReference('b', 'BAD'), envReference('c', 'SLUICE_TOKEN')]
  const error = await failure(resolveSecrets(references, [counting], policy, { scope }))
  assert.equal(error.code, 'SECRETS_REFUSED')
  assert.equal(error.kind, 'forbidden')
  assert.deepEqual(codes(error), ['b SECRET_POLICY', 'c SECRET_POLICY'])
  assert.equal(fetched, 0)
})

void test('a project that the policy refuses gets no secret at all', async () => {
  const policy = { ...envPolicy, projects: ['default/other'] }
  const references = [envReference('a', 'PASSWORD'), sealedReference(await seal(['*']))]
  assert.deepEqual(codes(await failure(resolveSecrets(references, providers, policy, { scope }))), [
    'a SECRET_POLICY',
    'sealed SECRET_POLICY',
  ])
})

void test('every failing reference is named at once', async () => {
  const record = await seal([target])
  const references = [
    envReference('missing', 'MISSING'),
    envReference('empty', 'EMPTY'),
    envReference('proto', 'constructor'),
    envReference('good', 'PASSWORD'),
    sealedReference(record, { slot: 'moved', version: 3 }),
    sealedReference({ v: 1, value: 'hunter2' }, { slot: 'broken' }),
    sealedReference(record, { slot: 'audience', audience: 'postgresql://evil:5432/shop' }),
    { ...envReference('file', 'x'), source: { kind: 'file' as const, path: 'x' } },
  ]
  const policy = { ...envPolicy, secrets: { ...envPolicy.secrets, file: { root: '/nowhere' } } }
  const error = await failure(resolveSecrets(references, providers, policy, { scope }))
  assert.deepEqual(codes(error), [
    'missing SECRET_NOT_FOUND',
    'empty SECRET_NOT_FOUND',
    'proto SECRET_NOT_FOUND',
    'moved SEALED_SECRET_MOVED',
    'broken SEALED_SECRET_INVALID',
    'audience SECRET_AUDIENCE',
    'file SECRET_PROVIDER',
  ])
  for (const problem of error.problems) assert.match(problem.message, /"(db_password|env_\w+)"/)
  assert.match(error.message, /^7 of 8 secrets cannot be used\./)
  assert.equal(error.retryable, false)
})

void test('a sealed value is released only to the targets that were sealed in', async () => {
  const resolve = async (
    allowed: string[],
    audience: string,
    use: SecretReference['use'] = 'databasePassword',
  ): Promise<boolean> => {
    const reference = sealedReference(await seal(allowed), { audience, use })
    return resolveSecrets([reference], providers, defaultPolicy, { scope }).then(
      () => true,
      (error: SecretsError) => {
        assert.equal(error.problems[0]?.code, 'SECRET_AUDIENCE')
        return false
      },
    )
  }
  assert.ok(await resolve([target], target))
  assert.ok(await resolve(['other:1/x', '*.example.com:5432/*'], target))
  assert.ok(await resolve(['*'], 'postgresql://anything:1/x'))
  assert.ok(!(await resolve([target], 'postgresql://db.example.com:5432/other')))
  assert.ok(!(await resolve(['db.example.com:5432/*'], 'postgresql://db.example.com.evil:5432/shop')))
  assert.ok(await resolve(['https://git.example.com/acme/**'], 'https://user@git.example.com/acme/shop.git', 'gitPassword'))
  assert.ok(await resolve(['ssh://git.example.com/acme/*'], 'git@git.example.com:acme/shop.git', 'gitSshKey'))
  assert.ok(!(await resolve(['https://git.example.com/acme/**'], 'https://git.example.com/evil/shop.git', 'gitPassword')))
  assert.ok(!(await resolve(['https://git.example.com/acme/**'], 'https://git.example.com/acme/../evil/x', 'gitPassword')))
  assert.ok(await resolve(['registry.example.com'], 'registry.example.com', 'registry'))
  assert.ok(!(await resolve(['registry.example.com'], 'registry.evil.com', 'registry')))
})

void test('a record for an older key opens while that key is kept', async () => {
  const newer = await createKeyPair()
  const reference = sealedReference(await seal([target]))
  const value = await createSealedProvider([newer, keyPair]).resolve(reference, new AbortController().signal)
  assert.equal(Buffer.from(value).toString(), 'hunter2-hunter2')
  const error = await failure(resolveSecrets([reference], [createSealedProvider([newer])], defaultPolicy, { scope }))
  assert.deepEqual(codes(error), ['sealed SEALED_SECRET_WRONG_KEY'])
  const none = await failure(resolveSecrets([reference], [createSealedProvider([])], defaultPolicy, { scope }))
  assert.deepEqual(codes(none), ['sealed SEALED_SECRET_WRONG_KEY'])
})

void test('a provider that hangs is given up alone, may be retried, and its late value is cleared', async () => {
  const late = new Uint8Array([1, 2, 3])
  let release: ((value: Uint8Array) => void) | undefined
  let stopped = false
  const hanging: SecretProvider = {
    kind: 'env',
    resolve: (_reference, signal) => {
      signal.addEventListener('abort', () => {
        stopped = true
      })
      return new Promise((resolve) => {
        release = resolve
      })
    },
  }
  const error = await failure(resolveSecrets([envReference('slow', 'A')], [hanging], envPolicy, { scope, timeoutMs: 1 }))
  assert.deepEqual(codes(error), ['slow SECRET_TIMEOUT'])
  assert.equal(error.kind, 'unavailable')
  assert.ok(error.retryable)
  assert.ok(stopped)
  release?.(late)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(late, new Uint8Array(3))
})

void test('cancelling ends the wait', async () => {
  const hanging: SecretProvider = { kind: 'env', resolve: () => new Promise(() => {}) }
  const controller = new AbortController()
  const pending = resolveSecrets([envReference('slow', 'A')], [hanging], envPolicy, { scope, signal: controller.signal })
  controller.abort()
  await assert.rejects(pending, (error) => error instanceof AppError && error.kind === 'canceled')
  const before = resolveSecrets([envReference('a', 'PASSWORD')], providers, envPolicy, { scope, signal: controller.signal })
  await assert.rejects(before, (error) => error instanceof AppError && error.kind === 'canceled')
})

void test('values that arrived are cleared when another reference fails', async () => {
  const arrived = new Uint8Array([1, 2, 3])
  const half: SecretProvider = {
    kind: 'env',
    resolve: async (reference) => {
      if (reference.slot === 'good') return arrived
      throw new AppError('unavailable', 'VAULT_DOWN', 'The vault does not answer.')
    },
  }
  const references = [envReference('good', 'A'), envReference('bad', 'B')]
  const error = await failure(resolveSecrets(references, [half], envPolicy, { scope }))
  assert.deepEqual(arrived, new Uint8Array(3))
  assert.match(error.problems[0]?.message ?? '', /^Secret "env_bad" of project "default\/shop": The vault does not answer\.$/)
  assert.ok(error.retryable)
})

void test('messages of foreign errors, which may quote a value, are not passed on', async () => {
  const leaking: SecretProvider = {
    kind: 'env',
    resolve: (reference) => {
      if (reference.slot === 'sync') throw new TypeError('cannot parse hunter2')
      return Promise.reject(new SyntaxError('unexpected token in hunter2'))
    },
  }
  const error = await failure(
    resolveSecrets([envReference('sync', 'A'), envReference('async', 'B')], [leaking], envPolicy, { scope }),
  )
  assert.deepEqual(codes(error), ['sync SECRET_FAILED', 'async SECRET_FAILED'])
})

void test('a slot named twice is refused', async () => {
  const error = await failure(
    resolveSecrets([envReference('a', 'PASSWORD'), envReference('a', 'X')], providers, envPolicy, { scope }),
  )
  assert.deepEqual(codes(error), ['a SECRET_SLOT'])
})

void test('an environment value over the limit is refused by size', async () => {
  const big = createProviders({ policy: envPolicy, keyPairs: [], environment: { BIG: 'hunter2'.repeat(20_000) } })
  assert.deepEqual(codes(await failure(resolveSecrets([envReference('a', 'BIG')], big, envPolicy, { scope }))), [
    'a SECRET_TOO_LARGE',
  ])
})
