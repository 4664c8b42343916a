import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { planOf, podOf } from '../testing/pod-plan.ts'
import { judgePlan } from './judge-plan.ts'
import type { Container, Pod } from './kube-types.ts'
import type { PodDefaults } from './kubernetes-plan.ts'
import { type PodAllowance, type PodRule, noAllowance } from './pod-allowance.ts'
import { checkPodSecurity } from './pod-security.ts'

const defaults: PodDefaults = {
  runnerImage: 'registry.example.com/sluice:1',
  imagePullSecrets: [],
  runnerCommand: ['node', 'runner.js'],
  environment: {},
  terminationGraceSeconds: 120,
  networkPolicy: false,
}

const judge = (podSpecOverlay: object, allowance: PodAllowance = noAllowance, infra: object = {}) =>
  judgePlan(planOf({ ...infra, podSpecOverlay }, [{}, {}]), defaults, allowance, (pattern, name) => pattern === name)
const merged = (podSpecOverlay: object, infra: object = {}): Pod => podOf(planOf({ ...infra, podSpecOverlay }, [{}, {}]))
const plain = podOf(planOf({}, [{}, {}]))
const allowing = (...rules: PodRule[]): PodAllowance => ({ ...noAllowance, rules })

/** What an overlay must leave as it is, with the containers' resources and what they mount beside our own taken out. */
function ours({ metadata, spec }: Pod): object {
  const containers = spec.containers.map(({ resources: _resources, volumeMounts = [], ...rest }: Container, index) => ({
    ...rest,
    mounts: volumeMounts.slice(0, plain.spec.containers[index]?.volumeMounts?.length),
  }))
  const { runAsNonRoot, runAsUser, runAsGroup, fsGroup, seccompProfile } = spec.securityContext ?? {}
  return {
    metadata,
    containers,
    initContainers: spec.initContainers,
    volumes: spec.volumes?.slice(0, plain.spec.volumes?.length),
    security: { runAsNonRoot, runAsUser, runAsGroup, fsGroup, seccompProfile },
    restartPolicy: spec.restartPolicy,
    serviceAccountName: spec.serviceAccountName,
    automountServiceAccountToken: spec.automountServiceAccountToken,
    enableServiceLinks: spec.enableServiceLinks,
    shareProcessNamespace: spec.shareProcessNamespace,
    imagePullSecrets: spec.imagePullSecrets,
    hostPID: spec.hostPID,
    hostIPC: spec.hostIPC,
    nodeName: spec.nodeName,
  }
}

describe('a pod overlay', () => {
  it('is merged as Kubernetes merges a strategic patch: mappings by key, containers and host aliases by theirs, other lists replaced', () => {
    const infra = {
      nodeSelector: { disk: 'ssd', zone: 'a' },
      tolerations: [{ key: 'old', operator: 'Exists' }],
      hostNames: ['db.local'],
      priorityClassName: 'low',
    }
    const overlay = {
      nodeSelector: { zone: 'b', arch: 'arm64' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      hostAliases: [
        { ip: '10.0.0.1', hostnames: ['other'] },
        { ip: '127.0.0.1', hostnames: ['db.test'] },
      ],
      dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
      priorityClassName: 'high',
      terminationGracePeriodSeconds: 300,
      runtimeClassName: null,
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
      securityContext: { supplementalGroups: [7], fsGroupChangePolicy: 'OnRootMismatch' },
      containers: [
        {
          name: 'c2',
          resources: { requests: { 'ephemeral-storage': '1Gi' } },
          volumeMounts: [{ name: 'more', mountPath: '/more' }],
        },
      ],
      volumes: [{ name: 'more', configMap: { name: 'settings' } }],
    }
    deepEqual(judge(overlay, allowing('hostAliases', 'dnsConfig'), infra), [])
    const { spec } = merged(overlay, infra)
    deepEqual(spec.nodeSelector, { disk: 'ssd', zone: 'b', arch: 'arm64' })
    deepEqual(spec.tolerations, overlay.tolerations)
    deepEqual(spec.hostAliases, overlay.hostAliases.toReversed())
    deepEqual(spec.dnsConfig, overlay.dnsConfig)
    equal(spec.priorityClassName, 'high')
    equal(spec.terminationGracePeriodSeconds, 300)
    ok(!('runtimeClassName' in spec))
    deepEqual(spec.securityContext, { ...plain.spec.securityContext, ...overlay.securityContext })
    const [, , c2] = spec.containers
    deepEqual(c2?.resources, {
      limits: { cpu: '1', memory: '512Mi' },
      requests: { cpu: '50m', memory: '64Mi', 'ephemeral-storage': '1Gi' },
    })
    deepEqual(c2?.volumeMounts?.at(-1), { name: 'more', mountPath: '/more' })
    deepEqual(spec.volumes?.at(-1), { name: 'more', configMap: { name: 'settings' } })
    deepEqual(spec.containers.slice(0, 2), plain.spec.containers.slice(0, 2))
  })

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['initContainers', { initContainers: [{ name: 'install', image: 'x' }] }, /"spec.initContainers" is not an overlay's to set/],
    ['an image', { containers: [{ name: 'runner', image: 'x' }] }, /"spec.containers\[0\].image" is not/],
    ['a command', { containers: [{ name: 'c1', command: ['x'] }] }, /"spec.containers\[0\].command" is not/],
    [
      'a variable',
      { containers: [{ name: 'runner', env: [{ name: 'SLUICE_RELAY', value: 'x' }] }] },
      /containers\[0\].env" is not/,
    ],
    ['a hook', { containers: [{ name: 'runner', lifecycle: {} }] }, /containers\[0\].lifecycle" is not/],
    ['another container', { containers: [{ name: 'sidecar' }] }, /no such container/],
    ['the init container by its name', { containers: [{ name: 'install' }] }, /no such container/],
    ['the token', { automountServiceAccountToken: true }, /automountServiceAccountToken" is not/],
    ['the account', { serviceAccountName: 'admin' }, /serviceAccountName" is not/],
    ['restarts', { restartPolicy: 'Always' }, /restartPolicy" is not/],
    ['processes of others', { shareProcessNamespace: true }, /shareProcessNamespace" is not/],
    ['processes of the node', { hostPID: true }, /hostPID" is not/],
    ['a deadline', { activeDeadlineSeconds: 5 }, /activeDeadlineSeconds" is not/],
    ['pull secrets', { imagePullSecrets: [{ name: 'sluice-2-pull-0' }] }, /imagePullSecrets" is not/],
    ['a node', { nodeName: 'n1' }, /nodeName" is not/],
    ['the user', { securityContext: { runAsUser: 0 } }, /securityContext.runAsUser" is not/],
    ['no time to stop', { terminationGracePeriodSeconds: 0 }, /cannot be 0[^]*its time/],
    ['a day to stop', { terminationGracePeriodSeconds: 86_400 }, /cannot be 86400/],
    ['a volume of ours', { volumes: [{ name: 'task', emptyDir: {} }] }, /own volumes, "task"/],
    [
      'a mount of ours',
      { containers: [{ name: 'c1', volumeMounts: [{ name: 'task', mountPath: '/x' }] }] },
      /no volume of the overlay/,
    ],
    ['another attempt’s Secret', { volumes: [{ name: 'v', secret: { secretName: 'sluice-2-values-0' } }] }, /Secret that is not/],
    ['a Secret', { volumes: [{ name: 'v', secret: { secretName: 'own' } }] }, /mounts the Secret "own"/],
    [
      'a projected Secret',
      { volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 'own' } }] } }] },
      /mounts the Secret "own"/,
    ],
    [
      'a driver’s Secret',
      { volumes: [{ name: 'v', csi: { driver: 'd', nodePublishSecretRef: { name: 'own' } } }] },
      /mounts the Secret "own"/,
    ],
    [
      'a projected token',
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      /token to steps/,
    ],
    ['an image as a volume', { volumes: [{ name: 'v', image: { reference: 'x' } }] }, /no kind of volume/],
    ['two sources', { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] }, /exactly one source/],
    ['host aliases', { hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }] }, /leads names to addresses/],
    ['name servers', { dnsPolicy: 'None', dnsConfig: { nameservers: ['10.0.0.1'] } }, /leads names to addresses/],
    ['the node’s network', { hostNetwork: true }, /"spec.hostNetwork" must not be true: rule "hostNamespaces"/],
    ['a folder of the node', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }, /rule "hostPath"/],
    ['a kind of volume', { volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }, /rule "restrictedVolumes"/],
    [
      'a kernel setting',
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
      /"kernel.msgmax": rule "sysctls"/,
    ],
    ['an SELinux type', { securityContext: { seLinuxOptions: { type: 'spc_t' } } }, /rule "seLinux"/],
    ['no AppArmor', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }, /rule "appArmor"/],
    ['what nobody knows', { hostnam: 'x' }, /"spec.hostnam" is no field/],
  ]
  for (const [what, overlay, message] of refused) {
    it(`is refused by field and reason when it asks for ${what}`, () => {
      const found = judge(overlay)
      ok(
        found.some((diagnostic) => message.test(diagnostic.message)),
        JSON.stringify(found),
      )
      for (const { code, file, hint } of found) {
        equal(code, 'POD_REFUSED')
        match(file ?? '', /^spec/)
        ok(hint !== undefined)
      }
    })
  }

  it('may do what the policy allows, and only that', () => {
    const cases: readonly (readonly [object, PodAllowance])[] = [
      [{ hostNetwork: true }, allowing('hostNamespaces')],
      [{ hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }] }, allowing('hostAliases')],
      [{ dnsConfig: { nameservers: ['10.0.0.1'] } }, allowing('dnsConfig')],
      [{ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }, allowing('sysctls')],
      [{ securityContext: { seLinuxOptions: { type: 'spc_t' } } }, allowing('seLinux')],
      [{ volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }, allowing('restrictedVolumes')],
      [{ volumes: [{ name: 'v', hostPath: { path: '/srv/data' } }] }, { ...allowing('hostPath'), hostPaths: ['/srv'] }],
      [{ volumes: [{ name: 'v', secret: { secretName: 'own' } }] }, { ...noAllowance, secrets: ['own'] }],
      [
        { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
        allowing('serviceAccountToken'),
      ],
    ]
    for (const [overlay, allowance] of cases) {
      equal(judge(overlay).length, 1, JSON.stringify(overlay))
      match(judge(overlay)[0]?.hint ?? '', /policy file/)
      deepEqual(judge(overlay, allowance), [])
      const others = cases.filter(([other]) => other !== overlay)
      for (const [, other] of others) equal(judge(overlay, other).length, 1)
    }
    equal(
      judge({ volumes: [{ name: 'v', hostPath: { path: '/etc' } }] }, { ...allowing('hostPath'), hostPaths: ['/srv'] }).length,
      1,
    )
    equal(
      judge({ volumes: [{ name: 'v', secret: { secretName: 'sluice-1-run' } }] }, { ...noAllowance, secrets: ['sluice-1-run'] })
        .length,
      1,
    )
  })

  it('mounts its own volumes where nothing of ours lies', () => {
    const at = (mountPath: string) =>
      judge({
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [{ name: 'runner', volumeMounts: [{ name: 'v', mountPath }] }],
      })
    deepEqual(at('/data'), [])
    for (const path of [
      '/',
      '/sluice',
      '//sluice/task',
      '/./sluice/task',
      '/opt',
      '/opt/sluice',
      '/usr/local/bin',
      '/lib',
      '/etc',
      '/var',
      '/data/../etc',
      'data',
      '/a:b',
    ]) {
      equal(at(path).length, 1, path)
    }
    const cached = { volumes: [{ type: 'EmptyDir', mountPath: '/cache' }] }
    const again = {
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [{ name: 'c1', volumeMounts: [{ name: 'v', mountPath: '/cache/' }] }],
    }
    match(judge(again, noAllowance, cached)[0]?.message ?? '', /mounted already/)
  })

  it('of any kind is refused, or gives a pod that meets the standard with everything of ours as it was', () => {
    const anything = fc.jsonValue({ maxDepth: 4 })
    const text = fc.constantFrom(
      'a',
      'runner',
      'c1',
      'install',
      'task',
      '/data',
      '/sluice/task',
      'Unconfined',
      'sluice-1-run',
      '',
    )
    const some = <T>(value: fc.Arbitrary<T>) => fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: anything })
    const record = (fields: Record<string, fc.Arbitrary<unknown>>) => some(fc.record(fields, { requiredKeys: [] }))
    const source = record({
      name: text,
      secretName: text,
      path: text,
      sources: some(
        fc.array(
          record({
            secret: record({ name: text }),
            configMap: record({ name: text }),
            serviceAccountToken: record({ path: text }),
          }),
          { maxLength: 2 },
        ),
      ),
    })
    const volume = record({
      name: text,
      emptyDir: record({}),
      configMap: source,
      secret: source,
      projected: source,
      hostPath: source,
      nfs: source,
      csi: source,
    })
    const container = record({
      name: text,
      image: text,
      resources: record({ limits: record({ cpu: text, memory: text }) }),
      volumeMounts: some(fc.array(record({ name: text, mountPath: text, readOnly: fc.boolean() }), { maxLength: 2 })),
      securityContext: record({ privileged: fc.boolean() }),
    })
    const overlay = fc.record(
      {
        affinity: anything,
        tolerations: some(fc.array(anything, { maxLength: 2 })),
        nodeSelector: record({ a: text }),
        hostNetwork: some(fc.boolean()),
        hostPID: some(fc.boolean()),
        dnsPolicy: some(text),
        hostAliases: some(fc.array(record({ ip: text, hostnames: fc.array(text, { maxLength: 2 }) }), { maxLength: 2 })),
        terminationGracePeriodSeconds: some(fc.integer({ min: -1, max: 4000 })),
        securityContext: record({
          runAsUser: fc.integer({ min: 0, max: 9 }),
          supplementalGroups: some(fc.array(fc.nat(), { maxLength: 2 })),
          sysctls: some(
            fc.array(record({ name: fc.constantFrom('kernel.msgmax', 'net.ipv4.tcp_syncookies'), value: text }), {
              maxLength: 2,
            }),
          ),
          seLinuxOptions: record({ type: text, level: text }),
          appArmorProfile: record({ type: text }),
        }),
        containers: some(fc.array(container, { maxLength: 3 })),
        initContainers: anything,
        volumes: some(fc.array(volume, { maxLength: 3 })),
        restartPolicy: text,
        ['__proto__']: anything,
      },
      { requiredKeys: [] },
    )
    let passed = 0
    fc.assert(
      fc.property(fc.oneof(overlay, fc.dictionary(fc.string({ maxLength: 8 }), anything, { maxKeys: 3 })), (asked) => {
        const found = judge(asked)
        for (const { message, hint } of found) ok(message.endsWith('.') && hint !== undefined, message)
        const pod = merged(asked)
        if (found.length > 0) return
        passed += 1
        deepEqual(ours(pod), ours(plain))
        deepEqual(checkPodSecurity(pod), [])
      }),
      { numRuns: 1000 },
    )
    ok(passed > 20, `only ${passed} overlays were let through`)
  })
})
