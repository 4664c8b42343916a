import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TaskSpec } from '@sluice/contract'
import { createKeyPair, sealSecret } from '@sluice/sealing'
import { defaultPolicy } from '@sluice/secrets'
import { envSecret, fakeTask } from '../testing/world.ts'
import { bindSlots, createSecretGuard } from './secret-guard.ts'

const step = (task: TaskSpec) => {
  const [first] = task.steps
  ok(first?.kind === 'database')
  return first
}

describe('bindSlots', () => {
  it('takes each secret’s audience from the connection, whatever the task says beside it', () => {
    const task = fakeTask({}, { secrets: [envSecret('X', { audience: 'postgresql://elsewhere:5432/x' })] })
    const { references, diagnostics } = bindSlots(task)
    deepEqual(diagnostics, [])
    deepEqual(
      references.map(({ slot, audience }) => [slot, audience]),
      [['s1', 'postgresql://db.example.com:5432/shop']],
    )
  })

  it('leaves out secrets that no step uses', () => {
    const task = fakeTask({}, { secrets: [envSecret('X', { use: 'registry' })] })
    deepEqual(bindSlots(task), { references: [], diagnostics: [] })
  })

  it('refuses a database password that is used for Git, an unknown slot, and a target that is not the connection’s', () => {
    const task = fakeTask({}, { secrets: [envSecret('X')] })
    const first = step(task)
    const asGit = {
      ...first,
      source: { ...first.source, password: { kind: 'slot' as const, slot: 's1' } },
      database: { ...first.database, password: undefined },
    }
    match(
      bindSlots({ ...task, steps: [asGit] }).diagnostics[0]?.message ?? '',
      /for databasePassword, and a step uses it as gitPassword/,
    )
    match(bindSlots({ ...task, secrets: [] }).diagnostics[0]?.message ?? '', /does not say which secret/)
    const elsewhere = { ...first, database: { ...first.database, connectionUrl: 'jdbc:postgresql://evil.example.net/shop' } }
    match(bindSlots({ ...task, steps: [elsewhere] }).diagnostics[0]?.message ?? '', /another database than the target/)
  })
})

describe('the guard', () => {
  it('opens a sealed secret for its target, and for no other', async () => {
    const keyPair = await createKeyPair()
    const guard = createSecretGuard({ policy: defaultPolicy, keyPairs: [keyPair], environment: {} })
    const seal = (allowedTarget: string) =>
      sealSecret({
        scope: {},
        secretId: 'db_password',
        version: 1,
        value: Buffer.from('s3cret-value'),
        allowedTargets: [allowedTarget],
        recipients: [keyPair],
      })
    const taskWith = async (allowedTarget: string): Promise<TaskSpec> =>
      fakeTask({}, { secrets: [envSecret('', { source: { kind: 'sealed', record: { ...(await seal(allowedTarget)) } } })] })

    const good = await taskWith('postgresql://db.example.com:5432/shop')
    deepEqual(guard.judgeTask(good), [])
    const { values } = await guard.resolve(good, new AbortController().signal)
    equal(Buffer.from(values?.get('s1') ?? []).toString(), 's3cret-value')

    const other = await guard.resolve(await taskWith('postgresql://other:5432/shop'), new AbortController().signal)
    equal(other.values, undefined)
    equal(other.diagnostics[0]?.code, 'SECRET_AUDIENCE')
    equal(JSON.stringify(other.diagnostics).includes('s3cret'), false)
  })

  it('has no environment variables and files without a policy that says so', () => {
    const guard = createSecretGuard({ policy: defaultPolicy, keyPairs: [], environment: { X: 'x' } })
    for (const source of [
      { kind: 'env', variable: 'X' },
      { kind: 'file', path: 'x' },
    ] as const) {
      const [problem] = guard.judgeTask(fakeTask({}, { secrets: [envSecret('X', { source })] }))
      equal(problem?.code, 'POLICY_VIOLATION')
    }
  })
})
