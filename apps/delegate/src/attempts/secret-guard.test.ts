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

describe('bindSlots for registries', () => {
  const secret = envSecret('X', { use: 'registry', audience: 'anything' })
  const slot = { kind: 'slot' as const, slot: 's1' }
  const credential = { connector: 'images', form: 'dockercfg' as const, username: { kind: 'literal' as const, text: 'ada' } }
  const bind = (host: string, url: string, more: Partial<TaskSpec['registries'][number]> = { password: slot }) =>
    bindSlots(fakeTask({}, { secrets: [secret], registries: [{ ...credential, host, url, ...more }] }))

  it('take their audience from the address that the kubelet will send them to', () => {
    const audienceOf = (host: string, url: string): unknown => {
      const { references, diagnostics } = bind(host, url)
      deepEqual(diagnostics, [])
      return references[0]?.audience
    }
    equal(audienceOf('r.example.com:5000', 'https://R.example.com:5000/team'), 'r.example.com:5000')
    equal(audienceOf('docker.io', 'https://index.docker.io/v1/'), 'docker.io')
    equal(audienceOf('r.example.com', ''), 'r.example.com')
  })

  it('bind user names, passwords and configuration files alike, and texts not at all', () => {
    deepEqual(bind('r.local', '', { username: slot }).references.length, 1)
    deepEqual(bind('r.local', '', { form: 'dockerconfigjson', config: slot }).references.length, 1)
    deepEqual(bind('r.local', '', {}).references, [])
  })

  it('are refused where host and address differ, where one slot goes to two registries, or to a step too', () => {
    match(bind('r.example.com', 'https://evil.example.net').diagnostics[0]?.message ?? '', /would be sent to "evil.example.net"/)
    const registries = ['one.local', 'two.local'].map((host) => ({ ...credential, host, url: '', password: slot }))
    match(bindSlots(fakeTask({}, { secrets: [secret], registries })).diagnostics[0]?.message ?? '', /more than one place/)
    const task = fakeTask({}, { secrets: [envSecret('X')], registries: registries.slice(0, 1) })
    match(bindSlots(task).diagnostics[0]?.message ?? '', /more than one place/)
    const declared = { ...secret, use: 'databasePassword' as const }
    const asOther = { ...fakeTask({}, { registries: registries.slice(0, 1) }), secrets: [declared] }
    match(bindSlots(asOther).diagnostics[0]?.message ?? '', /for databasePassword, and a step uses it as registry/)
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
