import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkOverlay } from './check-overlay.ts'
import { type PodAllowance, noAllowance } from './pod-allowance.ts'
import { planOf, podOf } from '../testing/pod-plan.ts'
import type { Container, Pod } from './kube-types.ts'
import { checkPodSecurity } from './pod-security.ts'

const refusals = (infra: object, containers?: readonly object[], allowance: PodAllowance = noAllowance) => {
  const plan = planOf(infra, containers)
  return checkOverlay(podOf(plan), plan, allowance, (pattern, name) => pattern === name)
}

/** What Kubernetes' own tests of the standard hold for admitted, as the smallest pod. */
const admitted: Pod = {
  metadata: {},
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      { name: 'c', image: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
    ],
  },
}
const withPod = (spec: object, metadata: object = {}): Pod => ({ metadata, spec: { ...admitted.spec, ...spec } })
const withContainer = (change: Partial<Container['securityContext']>, more: object = {}): Pod =>
  withPod({
    containers: admitted.spec.containers.map((container) => ({
      ...container,
      ...more,
      securityContext: { ...container.securityContext, ...change },
    })),
  })

describe('the Pod Security Standard "restricted"', () => {
  it('admits the smallest pod that it asks for', () => {
    deepEqual(checkPodSecurity(admitted), [])
    deepEqual(checkPodSecurity(withContainer({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })), [])
    deepEqual(checkPodSecurity(withContainer({ seccompProfile: { type: 'Localhost', localhostProfile: 'p' } })), [])
  })

  const cases: readonly (readonly [string, Pod])[] = [
    ['hostNamespaces', withPod({ hostNetwork: true })],
    ['hostNamespaces', withPod({ hostPID: true })],
    ['hostNamespaces', withPod({ hostIPC: true })],
    ['privileged', withContainer({ privileged: true })],
    ['capabilitiesBaseline', withContainer({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    ['capabilitiesRestricted', withContainer({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } })],
    ['capabilitiesRestricted', withContainer({ capabilities: { drop: ['NET_RAW'] } })],
    ['hostPath', withPod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
    ['restrictedVolumes', withPod({ volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] })],
    ['hostPorts', withContainer({}, { ports: [{ containerPort: 1, hostPort: 1 }] })],
    ['appArmor', withPod({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } })],
    ['appArmor', withContainer({ appArmorProfile: { type: 'Unconfined' } })],
    ['seLinux', withContainer({ seLinuxOptions: { type: 'spc_t' } })],
    ['seLinux', withContainer({ seLinuxOptions: { user: 'root' } })],
    ['procMount', withContainer({ procMount: 'Unmasked' })],
    ['seccompBaseline', withContainer({ seccompProfile: { type: 'Unconfined' } })],
    ['seccompRestricted', withPod({ securityContext: { runAsNonRoot: true } })],
    [
      'sysctls',
      withPod({ securityContext: { ...admitted.spec.securityContext, sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
    ],
    ['windowsHostProcess', withContainer({ windowsOptions: { hostProcess: true } })],
    ['allowPrivilegeEscalation', withContainer({ allowPrivilegeEscalation: true })],
    ['runAsNonRoot', withContainer({ runAsNonRoot: false })],
    ['runAsUser', withContainer({ runAsUser: 0 })],
  ]
  for (const [rule, pod] of cases) {
    it(`refuses what breaks ${rule}: ${JSON.stringify(pod.spec).slice(0, 400)}`, () => {
      ok(checkPodSecurity(pod).some((found) => found.rule === rule))
    })
  }

  it('looks at init containers too', () => {
    const [container] = withContainer({ privileged: true }).spec.containers
    match(checkPodSecurity(withPod({ initContainers: [container] }))[0]?.field ?? '', /initContainers\[0\]/)
  })
})

describe('pods of step groups', () => {
  it('meet the standard, with a read-only root and nothing of the cluster, whatever harmless things are asked for', () => {
    const name = fc.constantFrom('team', 'example.com/team', 'a.b')
    const text = fc.constantFrom('blue', 'x-1', '')
    const overlay = fc.record(
      {
        namespace: fc.constant('jobs'),
        nodeSelector: fc.dictionary(name, text),
        labels: fc.dictionary(name, text),
        annotations: fc.dictionary(name, fc.string({ maxLength: 30 })),
        priorityClassName: fc.constant('high'),
        runAsUser: fc.integer({ min: 1, max: 100_000 }),
        tolerations: fc.array(fc.record({ operator: fc.constant('Exists') }), { maxLength: 2 }),
        hostNames: fc.array(fc.constant('db.local'), { maxLength: 2 }),
        containerSecurityContext: fc.record(
          { runAsUser: fc.integer({ min: 1, max: 9999 }), readOnlyRootFilesystem: fc.boolean() },
          { requiredKeys: [] },
        ),
        volumes: fc.constant([{ type: 'EmptyDir', mountPath: '/cache' }]),
        sharedPaths: fc.constant(['/shared']),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(overlay, fc.integer({ min: 0, max: 4 }), (infra, count) => {
        const plan = planOf(
          infra,
          Array.from({ length: count }, () => ({})),
        )
        const pod = podOf(plan)
        deepEqual(
          checkOverlay(pod, plan, noAllowance, () => false),
          [],
        )
        const { spec } = pod
        equal(spec.automountServiceAccountToken, false)
        equal(spec.enableServiceLinks, false)
        // An init container costs a second, and is there only for other images.
        equal(spec.initContainers?.length ?? 0, count === 0 ? 0 : 1)
        equal(spec.containers[0]?.securityContext?.readOnlyRootFilesystem, true)
        const [runner, ...steps] = spec.containers
        const secretMounts = (container: Container | undefined) =>
          (container?.volumeMounts ?? []).filter(
            ({ name: mount }) => mount.startsWith('secrets-') || mount === 'slots' || mount === 'task',
          )
        equal(secretMounts(runner).length, 2 + count)
        // A step's container has its own memory volume and no other secret.
        for (const step of steps)
          deepEqual(
            secretMounts(step).map((mount) => mount.name),
            [`secrets-${step.name}`],
          )
        // Without a user of the author's choice, each container has one of its own.
        if (infra.runAsUser === undefined && infra.containerSecurityContext?.runAsUser === undefined) {
          const users = spec.containers.map(({ securityContext }) => securityContext?.runAsUser)
          equal(new Set(users).size, users.length)
        }
      }),
    )
  })

  it('are refused by the name of the field and the rule when random security settings break one', () => {
    const security = fc.record(
      {
        allowPrivilegeEscalation: fc.boolean(),
        privileged: fc.boolean(),
        procMount: fc.constantFrom('Default', 'Unmasked'),
        runAsNonRoot: fc.boolean(),
        runAsUser: fc.constantFrom(0, 1000),
        capabilities: fc.record(
          { add: fc.subarray(['NET_BIND_SERVICE', 'CHOWN', 'SYS_ADMIN']), drop: fc.constantFrom(['ALL'], []) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(security, (containerSecurityContext) => {
        const plan = planOf({ containerSecurityContext })
        const broken = checkPodSecurity(podOf(plan))
        const said = checkOverlay(podOf(plan), plan, noAllowance, () => false)
        equal(said.length, broken.length)
        for (const { rule, field } of broken)
          ok(said.some(({ message, file }) => message.includes(`"${rule}"`) && file === field))
        // A policy that allows exactly those rules lets it pass.
        const rules = [...new Set(broken.map(({ rule }) => rule))]
        deepEqual(
          checkOverlay(podOf(plan), plan, { ...noAllowance, rules }, () => false),
          [],
        )
      }),
    )
  })

  it('mount folders of nodes, tokens and Secrets only where the policy says so, and ours never', () => {
    const host = { volumes: [{ type: 'HostPath', mountPath: '/data', path: '/srv/data/x' }] }
    equal(refusals(host).length, 1)
    equal(refusals(host, [{}], { rules: ['hostPath'], hostPaths: ['/srv/data'], secrets: [] }).length, 0)
    equal(refusals(host, [{}], { rules: ['hostPath'], hostPaths: ['/srv/dat'], secrets: [] }).length, 1)
    equal(refusals({ automountServiceAccountToken: true }).length, 1)
    equal(refusals({ automountServiceAccountToken: true }, [{}], { ...noAllowance, rules: ['serviceAccountToken'] }).length, 0)
    const secret = (secretName: string) => ({ volumes: [{ type: 'Secret', mountPath: '/s', secretName }] })
    equal(refusals(secret('own')).length, 1)
    equal(refusals(secret('own'), [{}], { ...noAllowance, secrets: ['own'] }).length, 0)
    equal(refusals(secret('sluice-2-values-0'), [{}], { ...noAllowance, secrets: ['sluice-2-values-0'] }).length, 1)
  })

  it('keep our paths, labels and annotations for us', () => {
    for (const mountPath of [
      '/sluice/task',
      '/tmp',
      '/etc',
      '/',
      '/proc/1',
      '/a/../sluice',
      '/var/run/secrets/x',
      '//sluice/task',
      '/opt',
      '/usr/local/bin',
    ]) {
      equal(refusals({ volumes: [{ type: 'EmptyDir', mountPath }] }).length, 1, mountPath)
    }
    equal(refusals({ labels: { 'sluice.dev/attempt': 'att_2' } }).length, 1)
    equal(refusals({ annotations: { 'sluice.dev/not-after-ms': '1' } }).length, 1)
    equal(refusals({ labels: { 'app.kubernetes.io/managed-by': 'me' } }).length, 1)
    equal(refusals({ labels: { team: 'no spaces' } }).length, 1)
  })
})
